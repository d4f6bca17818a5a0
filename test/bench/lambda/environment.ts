// What runs in Lambda's sandbox: loads a handler, then takes one event after the other from the runtime API. Told to, it
// takes several at a time, as environments of Lambda Managed Instances do.
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

const [, , file = ''] = process.argv;
const { AWS_LAMBDA_RUNTIME_API = '', BENCH_IN_FLIGHT = '1' } = process.env;
const [host, port] = AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new Agent({ keepAlive: true });
const prefix = '/2018-06-01/runtime/invocation';

const { handler } = await import(file);
for (let taken = 0; taken < Number(BENCH_IN_FLIGHT); taken++) void serve();
process.on('message', () =>
  process.send?.({ cpu: process.cpuUsage(), memory: process.memoryUsage() }),
);

async function serve() {
  for (;;) {
    const next = await ask('GET', 'next');
    const id = String(next.headers['lambda-runtime-aws-request-id']);
    const deadline = Number(next.headers['lambda-runtime-deadline-ms']);
    const event = JSON.parse(await text(next));
    const context = {
      awsRequestId: id,
      functionName: 'bench',
      getRemainingTimeInMillis: () => deadline - Date.now(),
    };
    const answer = await handler(event, context).then(
      (value: unknown) => ({ verdict: 'response', value }),
      (fault: Error) => ({ verdict: 'error', value: { errorMessage: fault.message } }),
    );
    const taken = await ask('POST', `${id}/${answer.verdict}`, JSON.stringify(answer.value));
    taken.resume();
  }
}

function ask(method: string, path: string, body?: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    request({ host, port, agent, method, path: `${prefix}/${path}`, headers }, resolve)
      .on('error', reject)
      .end(body);
  });
}
