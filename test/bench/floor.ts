// The least that a call can cost with the store and the signer that we have: the same signed query and the same KMS
// Sign at once, then the same request upstream, and nothing around them.

import { type LeanAccess, leanAws } from '#adapters/aws/lean.ts';
import { httpClient } from '#adapters/http/client.ts';
import { readQuery } from '#adapters/table/session-item.ts';
import { sessionIdOf } from '#core/session/session.ts';
import { answerBody } from './answer-body.ts';
import { serve } from './child.ts';
import { type Run, run } from './run.ts';

/** What the API can read of a proof here: its header. */
const proofLike = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${'x'.repeat(580)}`;

interface Start {
  upstream: string;
  access: LeanAccess;
  keyId: string;
}

serve(async ({ upstream, access, keyId }: Start) => {
  const { dynamodb, kms } = leanAws(httpClient(), access);
  const http = httpClient();
  const digest = new Uint8Array(32);
  const read = (id: string) => dynamodb('Query', readQuery('bff', id));
  const sign = () => kms.sign(keyId, 'ECDSA_SHA_256', digest);
  const ask = () =>
    http.send({
      origin: upstream,
      method: 'GET',
      path: '/users?limit=10',
      headers: { authorization: `DPoP ${'x'.repeat(800)}`, dpop: proofLike },
      timeoutMs: 5_000,
      maxBytes: 1_000_000,
    });
  const call = async (id: string) => {
    const [{ Items = [] }] = await Promise.all([read(id), sign()]);
    const { body } = await ask();
    if (Items.length === 0 || body.toString() !== answerBody) throw new Error('another answer');
  };
  return {
    ready: {},
    answer: async ({ cookie, alone, ...how }: Run & { cookie: string; alone?: number }) => {
      const id = sessionIdOf(cookie);
      if (alone === undefined) return run(how, () => call(id));
      const timesOf = async (part: () => Promise<unknown>) =>
        (await run({ calls: alone, inFlight: 1 }, async () => void (await part()))).times;
      return {
        store: await timesOf(() => read(id)),
        signer: await timesOf(sign),
        upstream: await timesOf(ask),
      };
    },
  };
});
