import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { serve } from '#test/support/loopback.ts';
import { gatewayOf, gatewayWith, toy } from '#test/support/toys.ts';

/** Counts its events, and holds each until the server at GATE answers. */
const gated = `
let events = 0;
const id = Math.random();
export const handler = async () => {
  events += 1;
  const at = events;
  await (await fetch(process.env.GATE)).text();
  return { statusCode: 200, body: JSON.stringify({ id, at, events }) };
};`;

/** Answers only when it is opened, and counts who waits. */
async function gate() {
  const waiting: (() => void)[] = [];
  let open = false;
  const { origin, server } = await serve((_request, response) => {
    if (open) response.end();
    else waiting.push(() => response.end());
  });
  return {
    origin,
    async arrivals(count: number) {
      while (waiting.length < count) await once(server, 'request');
    },
    open() {
      open = true;
      for (const answer of waiting.splice(0)) answer();
    },
  };
}

const bodiesOf = (answers: Response[]) =>
  Promise.all(
    answers.map((answer) => answer.json() as Promise<{ id: number; at: number; events: number }>),
  );

test('parallel events run in as many environments, one in each, up to the limit', async () => {
  const door = await gate();
  const gateway = await gatewayWith([await toy(gated, { env: { GATE: door.origin } })], {
    containers: 3,
  });
  const answers = Promise.all(Array.from({ length: 7 }, () => fetch(`${gateway.url}/bff/x`)));
  await door.arrivals(3);
  expect(gateway.functions().environments('toy')).toBe(3);
  door.open();
  const bodies = await bodiesOf(await answers);
  expect(new Set(bodies.map(({ id }) => id)).size).toBe(3);
  // Nobody saw a second event arrive while the own one ran.
  for (const { at, events } of bodies) expect(events).toBe(at);
});

test('an environment keeps its module state, and no other sees it', async () => {
  const door = await gate();
  const gateway = await gatewayWith([await toy(gated, { env: { GATE: door.origin } })]);
  const two = Promise.all([1, 2].map(() => fetch(`${gateway.url}/bff/x`)));
  await door.arrivals(2);
  door.open();
  const [first, second] = await bodiesOf(await two);
  expect([first?.at, second?.at]).toEqual([1, 1]);
  const [third] = await bodiesOf([await fetch(`${gateway.url}/bff/x`)]);
  expect(third?.at).toBe(2);
  expect([first?.id, second?.id]).toContain(third?.id);
});

test('a full queue is 503', async () => {
  const door = await gate();
  const gateway = await gatewayWith([await toy(gated, { env: { GATE: door.origin } })], {
    containers: 1,
    queue: 1,
  });
  const running = fetch(`${gateway.url}/bff/x`);
  await door.arrivals(1);
  const [queued, refused] = [fetch(`${gateway.url}/bff/x`), fetch(`${gateway.url}/bff/x`)];
  const late = await Promise.race([queued, refused]);
  expect(late.status).toBe(503);
  expect(await late.json()).toEqual({ message: 'Service Unavailable' });
  door.open();
  const statuses = (await Promise.all([running, queued, refused])).map(({ status }) => status);
  expect(statuses.sort()).toEqual([200, 200, 503]);
});

test('an event that waited too long for an environment never runs', async () => {
  const door = await gate();
  const gateway = await gatewayWith([await toy(gated, { env: { GATE: door.origin } })], {
    containers: 1,
    timeoutMs: 100,
  });
  const answers = await Promise.all([1, 2, 3].map(() => fetch(`${gateway.url}/bff/x`)));
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
  await door.arrivals(1);
  door.open();
  // Invoked past the gateway and its limit: it is the second event that ran.
  const next = await gateway.functions().invoke('toy', '{}');
  expect(next).toMatchObject({ kind: 'done', payload: expect.stringContaining('"events\\":2') });
});

test('a function that outlives its timeout is ended, even in a loop, and replaced', async () => {
  const lines: string[] = [];
  const gateway = await gatewayWith(
    [
      await toy(
        `const id = Math.random();
         export const handler = async (event) => {
           if (event.rawPath === '/bff/loop') for (;;);
           if (event.rawPath === '/bff/wait') await new Promise((resolve) => setTimeout(resolve, 60_000));
           return { statusCode: 200, body: String(id) };
         };`,
        { timeoutSeconds: 1 },
      ),
    ],
    { containers: 1, onLog: (_, line) => lines.push(line) },
  );
  const get = async (path: string) => fetch(`${gateway.url}/bff/${path}`);
  const first = await (await get('id')).text();
  for (const path of ['loop', 'wait']) {
    const answer = await get(path);
    expect(answer.status).toBe(500);
    expect(await answer.json()).toEqual({ message: 'Internal Server Error' });
  }
  expect(lines.filter((line) => line.includes('Task timed out after 1.00 seconds'))).toHaveLength(
    2,
  );
  const second = await get('id');
  expect(second.status).toBe(200);
  expect(await second.text()).not.toBe(first);
  expect(gateway.functions().environments('toy')).toBe(1);
});

test.each([
  ['process.exit', 'process.exit(1)'],
  [
    'an uncaught exception',
    'setImmediate(() => { throw new Error("boom") }); await new Promise(() => setInterval(() => {}, 1000))',
  ],
  [
    'a rejection that nobody handles',
    'Promise.reject(new Error("boom")); await new Promise(() => setInterval(() => {}, 1000))',
  ],
  ['too little memory', 'const all = []; for (;;) all.push(new Array(1e5).fill(Math.random()))'],
  ['a promise that can never settle', 'await new Promise(() => {})'],
])('an environment that ends by %s is 500, and the next event gets a new one', async (_, crash) => {
  const gateway = await gatewayWith(
    [
      await toy(
        `export const handler = async (event) => {
           if (event.rawPath === '/bff/crash') { ${crash} }
           return { statusCode: 200, body: 'fine' };
         };`,
        { memoryMb: 64 },
      ),
    ],
    { containers: 1 },
  );
  expect((await fetch(`${gateway.url}/bff/crash`)).status).toBe(500);
  expect(await (await fetch(`${gateway.url}/bff/x`)).text()).toBe('fine');
});

test('the queue goes on after a crash', async () => {
  const gateway = await gatewayWith(
    [await toy(`export const handler = async () => process.exit(1);`)],
    { containers: 1 },
  );
  const answers = await Promise.all([1, 2, 3].map(() => fetch(`${gateway.url}/bff/x`)));
  expect(answers.map(({ status }) => status)).toEqual([500, 500, 500]);
});

test.each([
  ['does not load', `import 'nowhere'; export const handler = async () => ({ statusCode: 200 });`],
  ['throws while it loads', `throw new Error('broken'); export const handler = 1;`],
  ['has no handler', `export const other = 1;`],
])('a function that %s is 500, and the log says why', async (_, source) => {
  const lines: string[] = [];
  const gateway = await gatewayWith([await toy(source)], { onLog: (_, line) => lines.push(line) });
  expect((await fetch(`${gateway.url}/bff/x`)).status).toBe(500);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'ERROR', message: 'Init Error' });
});

test('between two events nothing runs: no timer fires until the next', async () => {
  const gateway = await gatewayOf(
    `let fired = 0;
     export const handler = async (event) => {
       const seen = fired;
       if (event.rawPath === '/bff/arm') setInterval(() => { fired += 1 }, 5);
       if (event.rawPath === '/bff/wait') {
         while (fired < 5) await new Promise((resolve) => setTimeout(resolve, 5));
       }
       return { statusCode: 200, body: String(seen) };
     };`,
    { containers: 1 },
  );
  const get = async (path: string) =>
    Number(await (await fetch(`${gateway.url}/bff/${path}`)).text());
  await get('arm');
  await new Promise((resolve) => setTimeout(resolve, 100));
  // The thaw fires what is due, once; running, the timer goes on.
  expect(await get('wait')).toBeLessThanOrEqual(2);
  expect(await get('x')).toBeGreaterThanOrEqual(5);
});

test('a function sees the variables of Lambda and its own, and none of this machine', async () => {
  process.env.SECRET_OF_THIS_MACHINE = 'x';
  const gateway = await gatewayWith([
    await toy(
      `export const handler = async () => ({ statusCode: 200, body: JSON.stringify(process.env) });`,
      { name: 'vars', env: { BFF_TABLE: 'sessions' } },
    ),
  ]);
  const env = await (await fetch(`${gateway.url}/bff/x`)).json();
  delete process.env.SECRET_OF_THIS_MACHINE;
  expect(env).toMatchObject({
    AWS_LAMBDA_FUNCTION_NAME: 'vars',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
    AWS_REGION: 'us-east-1',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    _HANDLER: 'index.handler',
    _X_AMZN_TRACE_ID: expect.stringMatching(/^Root=1-/),
    BFF_TABLE: 'sessions',
  });
  expect(env).not.toHaveProperty('SECRET_OF_THIS_MACHINE');
  expect(env).not.toHaveProperty('HOME');
});

test('the context tells the time that is left, the request and the function', async () => {
  const gateway = await gatewayOf(
    `export const handler = async (event, context) => ({
       statusCode: 200,
       body: JSON.stringify({ ...context, left: context.getRemainingTimeInMillis() }),
     });`,
  );
  const context = (await (await fetch(`${gateway.url}/bff/x`)).json()) as { left: number };
  expect(context).toMatchObject({
    functionName: 'toy',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:111122223333:function:toy',
    memoryLimitInMB: '256',
    awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    logGroupName: '/aws/lambda/toy',
  });
  expect(context.left).toBeGreaterThan(0);
  expect(context.left).toBeLessThanOrEqual(10_000);
});

test('what a function prints comes line by line, before its answer', async () => {
  const lines: [string, string][] = [];
  const gateway = await gatewayOf(
    `export const handler = async () => {
       console.log('one\\ntwo');
       process.stdout.write('thr');
       process.stdout.write('ee\\n');
       console.error('four');
       process.stderr.write('no end');
       return { statusCode: 200 };
     };`,
    { onLog: (name, line) => lines.push([name, line]) },
  );
  await fetch(`${gateway.url}/bff/x`);
  expect(lines).toEqual(['one', 'two', 'three', 'four', 'no end'].map((line) => ['toy', line]));
});

test('what a function printed before it crashed is kept, and how it ended', async () => {
  const lines: string[] = [];
  const gateway = await gatewayOf(
    `export const handler = async () => {
       console.log('last words');
       setImmediate(() => { throw new RangeError('boom') });
       await new Promise((resolve) => setTimeout(resolve, 5000));
     };`,
    { onLog: (_, line) => lines.push(line) },
  );
  expect((await fetch(`${gateway.url}/bff/x`)).status).toBe(500);
  expect(lines[0]).toBe('last words');
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({
    level: 'ERROR',
    message: 'Uncaught Exception',
    errorType: 'RangeError',
    errorMessage: 'boom',
  });
});

test('recycled environments start cold', async () => {
  const gateway = await gatewayOf(
    `let events = 0; export const handler = async () => ({ statusCode: 200, body: String(++events) });`,
  );
  const count = async () => (await fetch(`${gateway.url}/bff/x`)).text();
  expect([await count(), await count()]).toEqual(['1', '2']);
  await gateway.functions().recycle();
  expect(gateway.functions().environments('toy')).toBe(0);
  expect(await count()).toBe('1');
});

test('an environment that is killed fails its event, and the next event starts cold', async () => {
  const door = await gate();
  const gateway = await gatewayWith([await toy(gated, { env: { GATE: door.origin } })]);
  const answer = fetch(`${gateway.url}/bff/x`);
  await door.arrivals(1);
  expect(gateway.functions().kill('toy')).toBe(true);
  expect((await answer).status).toBe(500);
  door.open();
  const next = async () => (await bodiesOf([await fetch(`${gateway.url}/bff/x`)]))[0]?.events;
  expect(await next()).toBe(1);
  // Nor does one come back that had nothing to do.
  expect(gateway.functions().kill('toy')).toBe(true);
  expect(await next()).toBe(1);
  expect(gateway.functions().kill('another')).toBe(false);
});

test('an environment with nothing to do for a while is recycled', async () => {
  const gateway = await gatewayOf(`export const handler = async () => ({ statusCode: 200 });`, {
    idleMs: 20,
  });
  await fetch(`${gateway.url}/bff/x`);
  await expect.poll(() => gateway.functions().environments('toy')).toBe(0);
});

test('what each environment keeps between two events can be measured', async () => {
  const gateway = await gatewayOf(
    `const kept = []; const timers = [];
     export const handler = async () => {
       kept.push(Buffer.alloc(20_000_000));
       timers.push(setInterval(() => {}, 60_000));
       return { statusCode: 200 };
     };`,
  );
  const measured = async () => {
    await fetch(`${gateway.url}/bff/x`);
    const [one] = await gateway.functions().measure();
    if (!one) throw new Error('it did not run');
    expect(one).toMatchObject({ function: 'toy', nth: 1 });
    return one;
  };
  const [first, second] = [await measured(), await measured()];
  expect([first.events, second.events]).toEqual([1, 2]);
  expect(second.memoryBytes - first.memoryBytes).toBeGreaterThan(15_000_000);
  expect(second.handles).toBe(first.handles + 1);
  expect(await (await gatewayOf('export const handler = 1;')).functions().measure()).toEqual([]);
});

test('a second deploy replaces the functions on the same port', async () => {
  const says = (word: string) =>
    toy(`export const handler = async () => ({ statusCode: 200, body: '${word}' });`);
  const gateway = await gatewayWith([await says('first')]);
  const read = async () => (await fetch(`${gateway.url}/bff/x`)).text();
  expect(await read()).toBe('first');
  await gateway.deploy([await says('second')]);
  expect(await read()).toBe('second');
});

test('a socket that closed while the environment was frozen is known at the thaw', async () => {
  const sockets: import('node:net').Socket[] = [];
  const { server } = await serve((_request, response) => response.end('hello'));
  server.on('connection', (socket) => sockets.push(socket));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const gateway = await gatewayWith([
    await toy(
      `export const handler = async () =>
         ({ statusCode: 200, body: await (await fetch(process.env.UPSTREAM)).text() });`,
      { env: { UPSTREAM: url } },
    ),
  ]);
  for (let i = 0; i < 3; i++) {
    expect(await (await fetch(`${gateway.url}/bff/x`)).text()).toBe('hello');
    for (const socket of sockets.splice(0)) socket.destroy();
  }
});
