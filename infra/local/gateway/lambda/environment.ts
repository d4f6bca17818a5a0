// One execution environment of a function: a worker thread with its own modules and variables that takes one event at a
// time. It ends when it crashes, and is ended when an event outlives the function's timeout.
import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
} from 'node:worker_threads';
import { mostBytes } from '#core/limits.ts';
import { splitLines } from './lines.ts';
import { type LambdaFunction, variables } from './variables.ts';

export interface FunctionFault {
  errorType: string;
  errorMessage: string;
  trace?: string[];
}

export type InvocationOutcome =
  | { kind: 'done'; payload: string }
  | { kind: 'failed'; error: FunctionFault }
  | { kind: 'throttled' };

export interface Invocation {
  payload: string;
  requestId: string;
  traceId: string;
  /** Where the chunks of a streaming function go. Without it they are the payload of the outcome. */
  sink?: Sink | undefined;
}

export interface Sink {
  /** Resolves when the next chunk may come. */
  write(chunk: Uint8Array): Promise<void>;
  /** Aborted to tell the function that nobody is reading any more. */
  left?: AbortSignal;
}

/** What an environment keeps between two events. */
export interface Holdings {
  /** What it holds in its own heap, and outside it. */
  memoryBytes: number;
  /** Sockets, timers and whatever else its event loop knows. */
  handles: number;
  /** How many it has served. */
  events: number;
}

export interface Environment {
  /** Never rejects. Only one at a time. */
  run(invocation: Invocation): Promise<InvocationOutcome>;
  /** Once no event is running. Undefined if it ends before that. */
  measure(): Promise<Holdings | undefined>;
  end(): Promise<void>;
  readonly ended: boolean;
}

type Message =
  | { kind: 'log'; text: string }
  | { kind: 'ready'; streams: boolean }
  | { kind: 'broken'; error: FunctionFault }
  | { kind: 'measured'; holdings: Holdings }
  | { kind: 'done'; payload: string }
  | { kind: 'failed'; error: FunctionFault };

/** Lambda’s own limit on importing the code. */
const initTimeoutMs = 10_000;

export function startEnvironment(
  lambda: LambdaFunction,
  onLog: (line: string) => void,
): Environment {
  const { port1: port, port2 } = new MessageChannel();
  const signal = new Int32Array(new SharedArrayBuffer(4));
  const logStream = `local/[$LATEST]${randomUUID().replaceAll('-', '')}`;
  const worker = new Worker(new URL('./bootstrap.mjs', import.meta.url), {
    workerData: {
      file: pathToFileURL(lambda.file).href,
      port: port2,
      signal,
      facts: {
        functionName: lambda.name,
        functionVersion: '$LATEST',
        invokedFunctionArn: lambda.arn,
        memoryLimitInMB: String(lambda.memoryMb),
        logGroupName: `/aws/lambda/${lambda.name}`,
        logStreamName: logStream,
      },
    },
    transferList: [port2],
    env: variables(lambda, logStream),
    execArgv: [],
    argv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: lambda.memoryMb },
  });

  const log = splitLines(onLog);
  let ended = false;
  let streams = false;
  let settle: ((outcome: InvocationOutcome | 'ready') => void) | undefined;
  const answer = (outcome: InvocationOutcome | 'ready') => {
    const waiting = settle;
    settle = undefined;
    waiting?.(outcome);
  };
  const measuring: ((holdings: Holdings | undefined) => void)[] = [];
  const die = (error: FunctionFault) => {
    ended = true;
    log.flush();
    for (const resolve of measuring.splice(0)) resolve(undefined);
    answer({ kind: 'failed', error });
  };

  const hear = (message: Message) => {
    if (message.kind === 'log') log.push(message.text);
    else if (message.kind === 'measured') measuring.shift()?.(message.holdings);
    else if (message.kind === 'ready') {
      streams = message.streams;
      answer('ready');
    } else if (message.kind === 'broken') {
      log.push(`${JSON.stringify({ level: 'ERROR', message: 'Init Error', ...message.error })}\n`);
      die(message.error);
      void worker.terminate();
    } else {
      log.flush();
      answer(message);
    }
  };
  port.on('message', hear);
  worker.stdout.on('data', (chunk) => log.push(String(chunk)));
  worker.stderr.on('data', (chunk) => log.push(String(chunk)));
  worker.on('error', (error: Error) => {
    const fault = { errorType: error.name, errorMessage: error.message };
    log.push(`${JSON.stringify({ level: 'ERROR', message: 'Uncaught Exception', ...fault })}\n`);
  });
  worker.on('exit', (code) => {
    // Output from before its end.
    for (let last = receiveMessageOnPort(port); last; last = receiveMessageOnPort(port)) {
      hear(last.message);
    }
    port.close();
    die({
      errorType: 'Runtime.ExitError',
      errorMessage: `Error: Runtime exited with error: exit status ${code}`,
    });
  });
  port.unref();
  worker.unref();

  const wake = (message: object, transferred: MessagePort[] = []) => {
    port.postMessage(message, transferred);
    Atomics.add(signal, 0, 1);
    Atomics.notify(signal, 0);
  };
  const next = () => new Promise<InvocationOutcome | 'ready'>((resolve) => (settle = resolve));
  const within = async (
    limitMs: number,
    wait: Promise<InvocationOutcome | 'ready'>,
    requestId: string,
  ) => {
    const timer = setTimeout(() => {
      const text = `Task timed out after ${(limitMs / 1000).toFixed(2)} seconds`;
      log.push(`${JSON.stringify({ level: 'ERROR', message: text, requestId })}\n`);
      die({
        errorType: 'Sandbox.Timedout',
        errorMessage: `RequestId: ${requestId} Error: ${text}`,
      });
      void worker.terminate();
    }, limitMs);
    try {
      return await wait;
    } finally {
      clearTimeout(timer);
    }
  };
  const ready = within(initTimeoutMs, next(), 'init');

  return {
    get ended() {
      return ended;
    },
    async run({ payload, requestId, traceId, sink }) {
      const started = await ready;
      if (started !== 'ready') return started;
      const timeoutMs = lambda.timeoutSeconds * 1000;
      const wait = next();
      const event = { payload, requestId, traceId, deadline: Date.now() + timeoutMs };
      const chunks: Uint8Array[] = [];
      const stream = streams
        ? streamTo(sink ?? { write: async (chunk) => void chunks.push(chunk) })
        : undefined;
      wake({ ...event, stream }, stream ? [stream] : []);
      const outcome = await within(timeoutMs, wait, requestId);
      if (outcome === 'ready') return { kind: 'throttled' };
      if (outcome.kind !== 'done' || !streams) return judge(outcome);
      return { kind: 'done', payload: Buffer.concat(chunks).toString() };
    },
    async measure() {
      if (ended) return undefined;
      const measured = new Promise<Holdings | undefined>((resolve) => measuring.push(resolve));
      wake({ kind: 'measure' });
      return measured;
    },
    async end() {
      await worker.terminate();
    },
  };
}

/** The counterpart of response-stream.mjs. */
function streamTo({ write, left }: Sink): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.on('message', ({ chunk }: { chunk: Uint8Array }) => {
    void write(chunk).then(() => port1.postMessage({ kind: 'taken' }));
  });
  const tell = () => port1.postMessage({ kind: 'left' });
  if (left?.aborted) tell();
  left?.addEventListener('abort', tell);
  port1.on('close', () => left?.removeEventListener('abort', tell));
  port1.unref();
  return port2;
}

function judge(outcome: InvocationOutcome): InvocationOutcome {
  if (outcome.kind !== 'done') return outcome;
  const bytes = Buffer.byteLength(outcome.payload);
  if (bytes <= mostBytes.lambda) return outcome;
  return {
    kind: 'failed',
    error: {
      errorType: 'Function.ResponseSizeTooLarge',
      errorMessage: `Response payload size (${bytes} bytes) exceeded maximum allowed payload size (${mostBytes.lambda} bytes).`,
    },
  };
}
