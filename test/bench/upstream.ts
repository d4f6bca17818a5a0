// The API behind the brokers: 1 kB of JSON after a set time, or as many bytes as asked for. It counts, and checks that a
// token and a proof came.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerBody, answerOf } from './answer-body.ts';
import { serve } from './child.ts';

serve(async ({ delayMs = 0 }: { delayMs?: number }) => {
  let delay = delayMs;
  let bare = 0;
  const proofs: Record<string, number> = {};
  const server = createServer(({ headers, url = '' }, response) => {
    const { authorization = '', dpop } = headers;
    if (!authorization.startsWith('DPoP ') || typeof dpop !== 'string') bare += 1;
    else proofs[algOf(dpop)] = dpop.length;
    const [, bytes] = /^\/bytes\/(\d+)/.exec(url) ?? [];
    const body = bytes ? answerOf(Number(bytes)) : answerBody;
    const answer = () => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      });
      response.end(body);
    };
    if (delay > 0) setTimeout(answer, delay);
    else answer();
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    ready: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: async (question: { delayMs?: number }) => {
      if (question.delayMs !== undefined) delay = question.delayMs;
      return { withoutProof: bare, proofs };
    },
  };
});

const algOf = (proof: string): string =>
  JSON.parse(Buffer.from(proof.split('.')[0] ?? '', 'base64url').toString()).alg;
