// Our verdicts on a few hundred requests beside those of other people's verifiers. Each difference has its reason here.
import { generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint, SignJWT } from 'jose';
import { expect, onTestFinished, test } from 'vitest';
import { memoryReplay, requestVerifier } from '#core/resource-server/request-verifier.ts';
import { serve } from '#test/support/loopback.ts';
import { type Asked, corpus, type Key } from './corpus.ts';
import { expressIsHere, expressJudge } from './express.ts';
import { type ByJava, javaIsHere, javaProgram } from './java.ts';

type Judge = 'express' | 'spring' | 'nimbus';
/** Why it is refused; undefined when it is accepted, and null when this judge was not asked. */
type Said = string | undefined | null;

const issuer = 'https://acme.okta.example/oauth2/default';
const audience = 'api://orders';
const publicUrl = 'https://api.example.com';
const seed = 9449;
const pairs = 160;

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' };

const tokenFor = async ({ jwk: own }: Key): Promise<string> =>
  new SignJWT({
    cid: '0oa1',
    scp: ['orders.read'],
    cnf: { jkt: await calculateJwkThumbprint(own) },
  })
    .setProtectedHeader({ alg: 'RS256', kid: 'one' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject('ada')
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(privateKey);

type VerdictOn = (asked: Asked) => Promise<Said>;

interface Judged {
  ways: readonly string[];
  ours: Said;
  theirs: Said;
}

async function judgedWith(jwksUri: string, they: VerdictOn): Promise<Judged[]> {
  const we = ours(jwksUri);
  const all: Judged[] = [];
  for (const make of corpus(seed, pairs, tokenFor)) {
    const asked = await make();
    if (asked.again) for (const verdictOn of [we, they]) await verdictOn(asked);
    all.push({ ways: asked.ways, ours: await we(asked), theirs: await they(asked) });
  }
  return all;
}

function ours(jwksUri: string): VerdictOn {
  const clock = { now: Date.now };
  const verify = requestVerifier(
    { fetch: (request) => fetch(request), clock, replay: memoryReplay({ clock }) },
    { issuer, audience, jwksUri, publicUrl },
  );
  return async ({ method, path: url, dpop, scheme, token }) => {
    const verdict = await verify({ method, url, dpop, authorization: [`${scheme} ${token}`] });
    return verdict.kind === 'refused' ? verdict.reason : undefined;
  };
}

async function keysAt(): Promise<string> {
  const { origin } = await serve((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: [jwk] }));
  });
  return `${origin}/keys`;
}

type Difference = [judges: Judge[], they: 'accept' | 'refuse', ways: string[], why: string];

const spellings = [
  'htu with a query',
  'htu with a fragment',
  'htu with capitals',
  'htu with the usual port',
  'htu with dot segments',
  'htu with an escaped letter',
  'htu with a small escape',
  'htu without a path',
];

const differences: Difference[] = [
  [['express'], 'accept', ['a used proof'], 'it leaves single use to the application'],
  [['express'], 'accept', ['jti as a number'], 'it only wants a jti; RFC 7519 4.1.7: a string'],
  [
    ['express'],
    'accept',
    ['htu with a user', 'htu with a space before it'],
    'the URL parser drops both; neither is a URI of this API (RFC 3986, RFC 9110 4.2.4)',
  ],
  [
    ['express', 'spring'],
    'accept',
    ['htm in small letters'],
    'they compare without case; methods have a case (RFC 9110 9.1)',
  ],
  [
    ['express', 'spring', 'nimbus'],
    'accept',
    ['jti of 300 characters'],
    'we set a limit, as RFC 9449 11.1 suggests for what is stored',
  ],
  [
    ['express', 'spring', 'nimbus'],
    'accept',
    ['padding behind the signature'],
    'their decoders take padding; JWS has none (RFC 7515 section 2)',
  ],
  [['spring'], 'accept', ['nbf to come'], 'it does not look at nbf; RFC 7519 4.1.5: not before'],
  [
    ['spring', 'nimbus'],
    'refuse',
    ['iat 75 seconds ago'],
    'their windows are 30 and 60 seconds back, ours is 90: a minute, and clocks half a minute apart',
  ],
  [['spring'], 'refuse', ['iat 40 seconds ago'], 'its window is 30 seconds back'],
  [
    ['spring', 'nimbus'],
    'refuse',
    spellings,
    'they compare texts; RFC 9449 4.3 asks for normalisation, and for ignoring query and fragment',
  ],
  [
    ['spring', 'nimbus'],
    'refuse',
    ['typ with application/'],
    'they compare texts; RFC 7515 4.1.9 allows the prefix',
  ],
  [
    ['nimbus'],
    'refuse',
    ['a nonce that nobody asked for'],
    'it forbids one; RFC 9449 4.2 lets a client use any nonce that it has',
  ],
];

/** Differences without a reason, and reasons without a difference. */
function surprises(judge: Judge, all: readonly Judged[]): string[] {
  const own = differences.filter(([judges]) => judges.includes(judge));
  const unused = new Set(own.flatMap(([, , ways]) => ways));
  const unexplained = all.flatMap(({ ways, ours, theirs }) => {
    if (theirs === null || (ours === undefined) === (theirs === undefined)) return [];
    const does = theirs === undefined ? 'accept' : 'refuse';
    const reasons = own
      .filter(([, they]) => they === does)
      .flatMap(([, , explained]) => explained)
      .filter((way) => ways.includes(way));
    for (const way of reasons) unused.delete(way);
    const both = `we: ${ours ?? 'accepted'}, ${judge}: ${theirs ?? 'accepted'}`;
    return reasons.length > 0 ? [] : [`${ways.join(' + ')}: ${both}`];
  });
  return [...unexplained, ...[...unused].map((way) => `no difference any more: ${way}`)];
}

test('the corpus has hundreds of requests, a fair share of them right', async () => {
  const all = await judgedWith(await keysAt(), async () => null);
  expect(all.length).toBeGreaterThan(400);
  const right = all.filter(({ ours }) => ours === undefined).length;
  expect(right).toBeGreaterThan(100);
  expect(right).toBeLessThan(all.length / 2);
});

if (expressIsHere) {
  test('express-oauth2-jwt-bearer agrees with us except where there is a reason', async () => {
    const jwksUri = await keysAt();
    const times = { iatOffset: 90, iatLeeway: 30 };
    const they = await expressJudge({ issuer, audience, jwksUri }, times);
    expect(surprises('express', await judgedWith(jwksUri, they))).toEqual([]);
  });
} else {
  test.skip('express-oauth2-jwt-bearer: not installed (npm i express express-oauth2-jwt-bearer)', () => {});
}

if (javaIsHere) {
  test('Spring Security and Nimbus agree with us except where there is a reason', {
    timeout: 180_000,
  }, async () => {
    const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    const program = javaProgram('Judge.java', key);
    onTestFinished(() => program.close());
    expect(await program.next()).toBe('ready');
    const nimbus = new Map<readonly string[], Said>();
    const all = await judgedWith(
      await keysAt(),
      async ({ ways, method, path, token, dpop, scheme }) => {
        // They are asked about one proof, and not about headers.
        const fits = dpop.length === 1 && scheme !== 'Bearer';
        const uri = publicUrl + path.replace(/\?.*/, '');
        const said = fits
          ? await program.ask<ByJava<string | null>>({ method, uri, token, proof: dpop[0] })
          : undefined;
        nimbus.set(ways, said ? (said.nimbus ?? undefined) : null);
        return said ? (said.spring ?? undefined) : null;
      },
    );
    expect(surprises('spring', all)).toEqual([]);
    const byNimbus = all.map((one) => ({ ...one, theirs: nimbus.get(one.ways) }));
    expect(surprises('nimbus', byNimbus)).toEqual([]);
  });
} else {
  test.skip('Spring Security and Nimbus: a JDK or the libraries are missing (.ci/run)', () => {});
}
