// Response streaming as in Lambda's Node runtime (aws-lambda-nodejs-runtime-interface-client: `awslambda`,
// ResponseStream), between an environment and the gateway. Its surprises are kept: the head is written with the first
// write and not before, `end` only accepts a callback, and a later error becomes a trailer. One difference: Lambda
// never tells a function that the client has left; here the stream closes, if the gateway says so.
import { Writable } from 'node:stream';

const mark = Symbol.for('aws.lambda.runtime.handler.streaming');
const headType = 'application/vnd.awslambda.http-integration-response';

export const awslambda = {
  streamifyResponse(handler) {
    handler[mark] = 'response';
    return handler;
  },
  HttpResponseStream: {
    from(stream, head) {
      stream.setContentType(headType);
      const text = JSON.stringify(head);
      stream._onBeforeFirstWrite = (write) => {
        write(text);
        write(new Uint8Array(8));
      };
      return stream;
    },
  },
};

export const isStreaming = (handler) => handler[mark] === 'response';

/** `port` leads to the gateway, which answers every chunk once it has been sent. */
export function responseStream(port) {
  let begun = false;
  let taken;
  const stream = new Writable({
    write(chunk, _encoding, done) {
      if (chunk.length === 0) return done();
      taken = done;
      // A copy of its own: a chunk is often a part of something larger, which would be sent too.
      const bytes = new Uint8Array(chunk);
      port.postMessage({ chunk: bytes }, [bytes.buffer]);
    },
  });
  const { write, end } = {
    write: stream.write.bind(stream),
    end: stream.end.bind(stream),
  };
  port.on('message', ({ kind }) => {
    if (kind === 'left') stream.destroy();
    const done = taken;
    taken = undefined;
    done?.();
  });
  return Object.assign(stream, {
    setContentType() {
      if (begun) throw new Error('Cannot set content-type, too late.');
    },
    write(chunk, encoding, callback) {
      const bytes = typeof chunk === 'string' || chunk instanceof Uint8Array;
      if (!begun) {
        begun = true;
        stream._onBeforeFirstWrite?.((first) => write(first));
      }
      return write(bytes ? chunk : JSON.stringify(chunk), encoding, callback);
    },
    end: (callback) => end(callback),
  });
}

/** Settles once everything has been sent, or nobody is left to read it. */
export function finished(stream) {
  return new Promise((resolve) => {
    if (stream.writableFinished || stream.destroyed) return resolve();
    stream.on('finish', resolve);
    stream.on('close', resolve);
  });
}
