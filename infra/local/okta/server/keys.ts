// The keys of an authorization server: those that it publishes, and one for org access tokens, which only the org's own
// APIs know. Clients cannot verify those tokens, and must not try.
import { exportJWK, generateKeyPair, type JWK, type KeyInput } from 'jose';

export interface SigningKeyPair {
  alg: string;
  kid: string;
  privateKey: KeyInput;
  privateJwk: JWK;
  publicJwk: JWK;
}

export interface ServerKeys {
  published: SigningKeyPair;
  /** Also published. It signs ID tokens when the settings say ES256, as FAPI 2.0 requires. */
  publishedEs256: SigningKeyPair;
  internal: SigningKeyPair;
}

export async function serverKeys(name: string): Promise<ServerKeys> {
  const [published, publishedEs256, internal] = await Promise.all([
    keyPair('RS256', `${name}-1`),
    keyPair('ES256', `${name}-2`),
    keyPair('ES256', `${name}-internal`),
  ]);
  return { published, publishedEs256, internal };
}

async function keyPair(alg: string, kid: string): Promise<SigningKeyPair> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const facts = { alg, kid, use: 'sig' };
  return {
    alg,
    kid,
    privateKey,
    privateJwk: { ...(await exportJWK(privateKey)), ...facts },
    publicJwk: { ...(await exportJWK(publicKey)), ...facts },
  };
}
