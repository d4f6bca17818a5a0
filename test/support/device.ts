// A browser that keeps a key in its device, as Device Bound Session Credentials have it: it makes the proofs, and asks as
// Chromium does. jose signs; a test can make it lie.
import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from 'jose';
import { callback, untilCallback } from './sign-in-steps.ts';
import type { Answer, Visitor } from './visitor.ts';

export const deviceName = '__Host-bff-device';

export type Device = Awaited<ReturnType<typeof aDevice>>;

export async function aDevice(alg: 'ES256' | 'RS256' = 'ES256') {
  const pair = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(pair.publicKey);
  const proof = (jti: string, header: Partial<JWTHeaderParameters> = {}) =>
    new SignJWT({ jti })
      .setProtectedHeader({ alg, typ: 'dbsc+jwt', ...header })
      .sign(pair.privateKey);
  return {
    jwk,
    privateJwk: () => exportJWK(pair.privateKey),
    proof,
    /** The first proof brings the key. */
    registration: (challenge: string, header: Partial<JWTHeaderParameters> = {}) =>
      proof(challenge, { jwk, ...header }),
  };
}

/** The challenge with which the callback's answer asks for a key. */
export const offeredIn = ({ headers }: Pick<Answer, 'headers'>): string | undefined =>
  /challenge="([^"]+)"/.exec(String(headers['secure-session-registration'] ?? ''))?.[1];

/** The challenge for the next proof, and the session that it is for. */
export function challengeIn({ headers }: Pick<Answer, 'headers'>): {
  challenge: string;
  id: string;
} {
  const [, challenge, id] =
    /^"([^"]+)";id="([^"]+)"$/.exec(String(headers['secure-session-challenge'])) ?? [];
  if (!challenge || !id) throw new Error('the answer has no challenge');
  return { challenge, id };
}

const asChromium = {
  'sec-fetch-site': 'same-origin',
  'sec-fetch-mode': 'no-cors',
  'sec-fetch-dest': 'empty',
};

export const postProof = (
  visit: Visitor,
  to: 'register' | 'refresh',
  proof: string | undefined,
  headers: Record<string, string> = {},
): Promise<Answer> =>
  visit.send(`/bff/device/${to}`, {
    method: 'POST',
    headers: {
      ...asChromium,
      ...(proof !== undefined && { 'secure-session-response': proof }),
      ...headers,
    },
  });

/** Signs in as far as the callback's answer, which offers the binding. */
export async function offered(visit: Visitor, user?: string): Promise<string> {
  const answer = await callback(visit, await untilCallback(visit, undefined, user ? { user } : {}));
  const challenge = offeredIn(answer);
  if (challenge === undefined) throw new Error('the callback asks for no key');
  return challenge;
}

/** Signs in and binds the session: the device, and what it needs for its next proof. */
export async function signInBound(visit: Visitor, device?: Device, user?: string) {
  const own = device ?? (await aDevice());
  const challenge = await offered(visit, user);
  const answer = await postProof(visit, 'register', await own.registration(challenge));
  if (answer.status !== 200) throw new Error(`not bound: ${answer.status} ${answer.text}`);
  return { device: own, registration: challenge, ...challengeIn(answer) };
}
