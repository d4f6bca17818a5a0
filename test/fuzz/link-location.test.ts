// What an upstream can answer, and what can be asked of it: nothing leads outside the route that was used, and nothing is
// signed or written for what is refused. A fixed number of runs, in both fronts' way to an answer.
import type { ServerResponse } from 'node:http';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { challengesOf } from '#core/dpop/challenge.ts';
import { mappedJson } from '#core/proxy/answer/json-links.ts';
import { mappedLinks } from '#core/proxy/answer/link-header.ts';
import { fuzzing } from '#test/support/fuzz.ts';
import { holds } from '#test/support/holds.ts';
import { isLinear } from '../support/growth.ts';
import { type ProxyWorld, proxyWorld } from '../support/proxying.ts';

const numRuns = 150;

/** Pieces that the parsers know, in any order, and bytes that nobody expects. */
const pieces = (own: string, second: string) =>
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          ...[own, second, `${own}/p/x`, `${second}/api/v1/x`, '/p/x', '/p', '/api/v1/x', '//'],
          ...['/bff/api/other/x', '..', '.', '%2e%2e', '%2f', '\\', '?', '#', '@', ':', 'http:'],
          ...['javascript:alert(1)', '<', '>', ';', ',', '"', '\\"', '=', ' ', '\t', '; rel=next'],
          ...['; rel="next"', '; rel=preload', '; anchor="/x"', 'attachment', '; filename=', '*'],
          ...["; filename*=UTF-8''", 'Basic', 'DPoP', 'error="use_dpop_nonce"', 'invalid_token'],
          ...['error=', 'insufficient_user_authentication', 'acr_values=', 'max_age='],
        ),
        fc.stringMatching(/^[\x20-\x7e\x80-\xff]{1,4}$/),
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('').trim());

const leads = ['location', 'link', 'content-location'];

/** Only our contract's own 502, and only where a target was dropped. */
function judge(asked: number, answer: { status: number; code: string | undefined }) {
  if (answer.status === asked) return;
  expect([answer.status, answer.code]).toEqual([502, 'upstream_unreachable']);
  expect([307, 308]).toContain(asked);
}

async function partner(streamed: boolean) {
  let send = (response: ServerResponse) => void response.end();
  const world = await proxyWorld({
    streamed,
    upstream: (_one, response) => send(response),
    routes: (origin) => [
      { path: '/bff/api/partner/*', upstream: `${origin}/p`, token: 'none', stream: streamed },
      { path: '/bff/api/other/*', upstream: 'https://other.example/api/v1', stream: streamed },
    ],
  });
  return {
    ...world,
    answers: (next: typeof send) => {
      send = next;
    },
  };
}

test.each([false, true])(
  'whatever an upstream answers, nothing leads outside the route that was used (streamed: %s)',
  async (streamed) => {
    const world = await partner(streamed);
    const ada = await world.signIn();
    const text = pieces(world.upstream, 'https://other.example');
    const statuses = fc.constantFrom(
      200,
      201,
      202,
      300,
      301,
      302,
      303,
      307,
      308,
      400,
      401,
      403,
      429,
    );
    await holds(
      fc.asyncProperty(statuses, text, text, text, text, async (status, ...values) => {
        const [location = '', link = '', disposition = '', challenge = ''] = values;
        world.answers((response) => {
          response.writeHead(status, {
            location,
            link,
            'content-disposition': disposition,
            'www-authenticate': challenge,
            'x-bff-answer': '1',
          });
          response.end(JSON.stringify({ code: 'session_expired' }));
        });
        const answer = await world.call(ada, '/bff/api/partner/hello');
        judge(status, answer);
        if (answer.status !== status) return;
        for (const name of Object.keys(answer.headers)) {
          expect([...leads, 'content-disposition', 'retry-after']).toContain(name);
        }
        const targets = [...(answer.headers.link ?? '').matchAll(/(?:^|, )<([^>]*)>/g)];
        const beside = status === 201 || status === 202 ? '/bff/api/v1/' : '/bff/api/partner/';
        for (const target of [answer.headers.location, ...targets.map(([, target]) => target)]) {
          if (target === undefined) continue;
          const { origin, pathname } = new URL(target, 'https://app.example/bff/api/partner/hello');
          expect(origin).toBe('https://app.example');
          expect([pathname.startsWith('/bff/api/partner/'), pathname.startsWith(beside)]).toContain(
            true,
          );
        }
        expect(world.counted.signatures).toBe(0);
      }),
      { numRuns, seed: 11 },
    );
  },
);

test('whatever path and query are asked for: refused at no cost, or one call below the upstream', async () => {
  const world = await proxyWorld();
  const ada = await world.signIn();
  const decoded = fc.oneof(pieces('a', 'b'), fc.string({ unit: 'binary', maxLength: 20 }));
  const query = fc.oneof(pieces('a', 'b'), fc.string({ unit: 'binary', maxLength: 20 }));
  await holds(
    fc.asyncProperty(decoded, query, async (below, rawQuery) => {
      const before = costs(world);
      const answer = await world.call(ada, '/', { path: `/bff/api/v1/${below}`, rawQuery });
      const after = costs(world);
      if (answer.code === undefined) {
        expect(answer.status).toBe(200);
        expect(world.arrived.at(-1)?.url.startsWith('/api/v1/')).toBe(true);
        return;
      }
      expect([400, 404]).toContain(answer.status);
      expect(after).toEqual(before);
    }),
    { numRuns: numRuns * 2, seed: 11 },
  );
});

const costs = ({ counted, arrived }: ProxyWorld) => ({ ...counted, arrived: arrived.length });

test('whatever stands in a JSON body, only URLs of the route change, and they become its paths', async () => {
  const own = 'https://partner.example';
  const map = (reference: string) =>
    reference.startsWith(`${own}/p/`)
      ? reference.replace(`${own}/p/`, '/bff/api/partner/')
      : undefined;
  const part = fc.constantFrom(`${own}/p/x`, `${own}/other`, '"', '\\', '\\"', ':', ',', '{', ' ');
  await holds(
    fc.property(fc.array(part, { maxLength: 20 }), fc.jsonValue(), (parts, value) => {
      const broken = parts.join('') + JSON.stringify(value);
      const mapped = mappedJson(broken, own, map);
      const back = mapped.replaceAll('/bff/api/partner/', `${own}/p/`);
      expect(back).toBe(broken);
    }),
    { numRuns: 1_000, seed: 11 },
  );
});

const repeated = (piece: string, end: string) => (size: number) =>
  piece.repeat(size / piece.length) + end;
const origin = 'https://partner.example';

test.skipIf(fuzzing()).each([
  ['blanks', repeated(' ', '\u0000')],
  ['brackets', repeated('<', '')],
  ['links', repeated('</p/x>;a=b;c="d",', '<')],
  ['quotes', repeated('"', '\\')],
  ['escaped quotes', repeated('\\"', '\\')],
  ['backslashes', repeated('\\', '')],
  ['parameters', repeated(';a', '"')],
  ['schemes', repeated('DPoP a=b,', '"')],
  ['urls', repeated(`"${origin}/p/x",`, '\\')],
])('reading an answer takes linear time: %s', (_what, textOf) => {
  const map = (reference: string) => reference;
  for (const read of [
    (text: string) => mappedLinks(text, map),
    (text: string) => mappedLinks(`</p/x>${text}`, map),
    (text: string) => challengesOf([text]),
    (text: string) => mappedJson(`"${origin}/"${text}`, origin, map),
  ]) {
    expect(
      isLinear((size) => {
        const text = textOf(size);
        return () => read(text);
      }),
    ).toBe(true);
  }
});
