// Runs inside one execution environment: it imports the bundle, then takes one event at a time. Between two events the
// thread is frozen, as Lambda freezes it: no timer fires and no socket is read until the next event. It is plain
// JavaScript, because stripping types would add 50 ms to every cold start.
import { setImmediate as turn } from 'node:timers/promises';
import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import { awslambda, finished, isStreaming, responseStream } from './response-stream.mjs';

const { file, port, signal, facts } = workerData;

// Written straight to the port, so that a line arrives before the answer of its event.
for (const stream of [process.stdout, process.stderr]) {
  stream.write = (chunk, encoding, done) => {
    port.postMessage({ kind: 'log', text: typeof chunk === 'string' ? chunk : `${chunk}` });
    const callback = typeof encoding === 'function' ? encoding : done;
    if (callback) process.nextTick(callback);
    return true;
  };
}

globalThis.awslambda = awslambda;

void live();

async function live() {
  const handler = await load();
  if (!handler) return;
  const streams = isStreaming(handler);
  port.postMessage({ kind: 'ready', streams });
  for (let events = 0; ; ) {
    const event = nextEvent();
    if (event.kind === 'measure') {
      port.postMessage({ kind: 'measured', holdings: { ...holdings(), events } });
      continue;
    }
    events += 1;
    // As at a real thaw, events of the sockets that happened meanwhile are delivered before the handler runs.
    await turn();
    port.postMessage(await (streams ? runStreaming : run)(handler, event));
  }
}

async function load() {
  try {
    const { handler } = await import(file);
    if (typeof handler === 'function') return handler;
    throw Object.assign(new Error('index.handler is undefined or not exported'), {
      name: 'Runtime.HandlerNotFound',
    });
  } catch (error) {
    port.postMessage({ kind: 'broken', error: describe(error) });
    return undefined;
  }
}

function nextEvent() {
  for (;;) {
    const seen = Atomics.load(signal, 0);
    const received = receiveMessageOnPort(port);
    if (received) return received.message;
    Atomics.wait(signal, 0, seen);
  }
}

async function run(handler, { payload, requestId, traceId, deadline }) {
  process.env._X_AMZN_TRACE_ID = traceId;
  try {
    const result = await handler(JSON.parse(payload), context(requestId, deadline));
    return { kind: 'done', payload: JSON.stringify(result === undefined ? null : result) };
  } catch (error) {
    const fault = describe(error);
    console.error(JSON.stringify({ level: 'ERROR', message: 'Invoke Error', requestId, ...fault }));
    return { kind: 'failed', error: fault };
  }
}

async function runStreaming(handler, { payload, requestId, traceId, deadline, stream }) {
  process.env._X_AMZN_TRACE_ID = traceId;
  const out = responseStream(stream);
  try {
    const result = handler(JSON.parse(payload), out, context(requestId, deadline));
    if (typeof result?.then !== 'function') {
      throw new Error('Streaming does not support non-async handlers.');
    }
    await result;
    // A stream that nobody ends occupies the environment until its time is up.
    await finished(out);
    return { kind: 'done', payload: 'null' };
  } catch (error) {
    const fault = describe(error);
    console.error(JSON.stringify({ level: 'ERROR', message: 'Invoke Error', requestId, ...fault }));
    out.end();
    await finished(out);
    return { kind: 'failed', error: fault };
  } finally {
    stream.close();
  }
}

/** What this environment keeps between two events. Exact where Node runs with --expose-gc. */
function holdings() {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return { memoryBytes: heapUsed + external, handles: process.getActiveResourcesInfo().length };
}

function context(awsRequestId, deadline) {
  return {
    ...facts,
    awsRequestId,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function describe(error) {
  if (!(error instanceof Error)) {
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  }
  return {
    errorType: error.name,
    errorMessage: error.message,
    trace: (error.stack ?? '').split('\n'),
  };
}
