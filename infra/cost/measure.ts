// What one activity of a user asks of AWS: counted while the product runs, as it is deployed, on this machine.
import { setTimeout as wait } from 'node:timers/promises';
import { keyName } from '#core/keys/find-key.ts';
import type { KeySpec } from '#shared/config/input.ts';
import { embeddedIn } from '../local/aws/cloudwatch/embedded.ts';
import { type System, startSystem } from '../local/run/system.ts';
import { walkThroughSignIn } from '../local/sessions/walk.ts';
import { countingUpstream } from './counting-upstream.ts';
import { meteredTable } from './metered-table.ts';

export interface Counts {
  readUnits: number;
  writeUnits: number;
  /** By the key of the proofs, whose algorithm is chosen. */
  proofs: number;
  /** By the key of the client assertions, always ES256. */
  assertions: number;
  /** Other requests for a key, such as for its public half. */
  otherKeyRequests: number;
  /** What the functions print, with the 26 bytes that CloudWatch adds to each line. */
  logBytes: number;
  /** To the API behind the broker. */
  bytesUpstream: number;
}

export interface Measured {
  /** A call in an environment that knows the session: nearly all. */
  call: Counts;
  /** What an environment's first call takes in addition. */
  firstCall: Counts;
  signIn: Counts;
  /** In addition to the call that finds the token at its end. */
  renewal: Counts;
  session: Counts;
  signOut: Counts;
  /** The metrics that these write, by name; of those that are counted by key, each with the use of its key. */
  metrics: string[];
}

/** Each line of a log costs so many bytes more. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html */
export const bytesOfLine = 26;

const warmCalls = 24;
/** An environment reports its signatures in growing steps: after so many it does so as often as on average in its life. */
const callsBefore = 400;

export async function measure(keySpec: KeySpec): Promise<Measured> {
  const [steady, renewing] = await Promise.all([
    inProduct(keySpec, 3600, async ({ during, signIn, call, ask }) => {
      // The first sign-in also meets Okta's nonce, and reads its metadata.
      await signIn();
      const signedIn = await during(() => signIn());
      const cookie = signedIn.result;
      const first = await during(() => call(cookie));
      for (let n = 0; n < callsBefore; n++) await call(cookie);
      const calls = await during(async () => {
        for (let n = 0; n < warmCalls; n++) await call(cookie);
      });
      const warm = each(calls.counts, (count) => count / warmCalls);
      const session = await during(() => ask(cookie, '/bff/session', 'GET', 200));
      const signOut = await during(() => ask(cookie, '/bff/logout', 'POST', 204));
      return {
        call: warm,
        firstCall: minus(first.counts, warm),
        signIn: signedIn.counts,
        session: session.counts,
        signOut: signOut.counts,
      };
    }),
    inProduct(keySpec, 1, async ({ during, signIn, call }) => {
      const cookie = await signIn();
      // The first renewal of an environment meets the nonce, too.
      for (let n = 0; n < 2; n++) {
        await wait(1_100);
        await call(cookie);
      }
      await wait(1_100);
      const renewed = await during(() => call(cookie));
      if (renewed.counts.assertions === 0) throw new Error('the token was not renewed');
      return { renewing: renewed.counts };
    }),
  ]);
  const metrics = [...new Set([...steady.metrics, ...renewing.metrics])].sort();
  const { metrics: _, ...counted } = steady;
  return { ...counted, renewal: minus(renewing.renewing, steady.call), metrics };
}

interface Doing {
  during<T>(what: () => Promise<T>): Promise<{ counts: Counts; result: T }>;
  signIn(): Promise<string>;
  call(cookie: string): Promise<void>;
  ask(cookie: string, path: string, method: string, wanted: number): Promise<void>;
}

async function inProduct<T>(
  keySpec: KeySpec,
  accessTokenSeconds: number,
  what: (doing: Doing) => Promise<T>,
): Promise<T & { metrics: string[] }> {
  const table = await meteredTable();
  const upstream = await countingUpstream();
  let logBytes = 0;
  const metrics = new Set<string>();
  const system = await startSystem({
    port: 0,
    oktaPort: 0,
    lambdaPort: 0,
    containers: 1,
    config: {
      dpop: { keySpec },
      routes: [{ path: '/bff/api/*', upstream: upstream.url, wholeHost: true }],
    },
    okta: { accessTokenSeconds },
    environment: { AWS_ENDPOINT_URL_DYNAMODB: table.url },
    onLog(_name, line) {
      logBytes += Buffer.byteLength(line) + bytesOfLine;
      for (const name of metricsOf(line)) metrics.add(name);
    },
  });
  const now = (): Counts => ({
    readUnits: table.units.read,
    writeUnits: table.units.write,
    ...keyRequests(system),
    logBytes,
    bytesUpstream: upstream.bytes(),
  });
  const ask = async (cookie: string, path: string, method: string, wanted: number) => {
    const answer = await fetch(`${system.url}${path}`, {
      method,
      headers: {
        cookie: `__Host-Http-bff=${cookie}`,
        'x-bff-csrf': '1',
        'sec-fetch-site': 'same-origin',
      },
    });
    await answer.arrayBuffer();
    if (answer.status !== wanted) throw new Error(`${path} answered ${answer.status}`);
  };
  try {
    const result = await what({
      async during(act) {
        const before = now();
        const result = await act();
        return { counts: minus(now(), before), result };
      },
      signIn: async () => (await walkThroughSignIn(system.url, 'ada')).value,
      call: (cookie) => ask(cookie, '/bff/api/orders?limit=10', 'GET', 200),
      ask,
    });
    return { ...result, metrics: [...metrics].map((name) => withUse(system, name)) };
  } finally {
    await system.close();
    await upstream.close();
    await table.close();
  }
}

const withUse = ({ keys }: System, metric: string): string =>
  (['dpop', 'assertion'] as const).reduce(
    (name, use) => name.replace(keyName(keys[use]), use),
    metric,
  );

function keyRequests({ kms, keys }: System) {
  const proofs = kms?.calls.count('Sign', keys.dpop) ?? 0;
  const assertions = kms?.calls.count('Sign', keys.assertion) ?? 0;
  const all = kms?.calls.count() ?? 0;
  return { proofs, assertions, otherKeyRequests: all - proofs - assertions };
}

/** Each combination of dimensions is a metric. */
const metricsOf = (line: string): string[] =>
  embeddedIn(line, '').map(({ name, dimensions: { key } }) => (key ? `${name} of ${key}` : name));

const minus = (a: Counts, b: Counts): Counts =>
  each(a, (count, name) => Math.max(0, count - b[name]));

const each = (counts: Counts, change: (count: number, name: keyof Counts) => number): Counts =>
  Object.fromEntries(
    Object.entries(counts).map(([name, count]) => [name, change(count, name as keyof Counts)]),
  ) as unknown as Counts;
