// What runs inside one execution environment: imports the bundle, then takes one event at a time. Between
// two events the thread is frozen, as Lambda freezes it: no timer fires and no socket is read until the next.
// Plain JavaScript: stripping types would cost every cold start 50 ms.
import { setImmediate as turn } from 'node:timers/promises';
import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import { awslambda, finished, isStreaming, responseStream } from './response-stream.mjs';

const { file, port, signal, facts } = workerData;

// Written straight to the port, so that a line arrives before the answer of the event that wrote it.
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
  for (;;) {
    const event = nextEvent();
    // What happened to the sockets while frozen is heard before the handler runs, as at a real thaw.
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
    // A stream that nobody ends holds the environment until its time is up.
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
