// The least that a call can cost with the store and the signer that we have: the same signed query and the same KMS
// Sign at once, then the same request upstream, and nothing around them.

import { type LeanAccess, leanAws } from '#adapters/aws/lean.ts';
import { httpClient } from '#adapters/http/client.ts';
import { readQuery } from '#adapters/table/session-item.ts';
import { sessionIdOf } from '#core/session/session.ts';
import { answerBody } from './answer-body.ts';
import { serve } from './child.ts';
import { type Run, run } from './run.ts';

interface Start {
  upstream: string;
  access: LeanAccess;
  keyId: string;
}

serve(async ({ upstream, access, keyId }: Start) => {
  const { dynamodb, kms } = leanAws(httpClient(), access);
  const http = httpClient();
  const digest = new Uint8Array(32);
  const call = async (id: string) => {
    const [{ Items = [] }] = await Promise.all([
      dynamodb('Query', readQuery('bff', id)),
      kms.sign(keyId, 'ECDSA_SHA_256', digest),
    ]);
    const { body } = await http.send({
      origin: upstream,
      method: 'GET',
      path: '/users?limit=10',
      headers: { authorization: `DPoP ${'x'.repeat(800)}`, dpop: 'x'.repeat(600) },
      timeoutMs: 5_000,
      maxBytes: 1_000_000,
    });
    if (Items.length === 0 || body.toString() !== answerBody) throw new Error('another answer');
  };
  return {
    ready: {},
    answer: ({ cookie, ...how }: Run & { cookie: string }) => {
      const id = sessionIdOf(cookie);
      return run(how, () => call(id));
    },
  };
});
