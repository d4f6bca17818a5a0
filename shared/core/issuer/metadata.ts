// Judges authorization server metadata: RFC 8414 section 3.3, OpenID Connect Discovery section 4.3.
import type { AuthorizationServer } from 'oauth4webapi';
import type { DpopAlg } from '#core/ports.ts';

export type Metadata = AuthorizationServer & {
  authorization_endpoint: string;
  token_endpoint: string;
  jwks_uri: string;
};

const endpoints = [
  'authorization_endpoint',
  'token_endpoint',
  'jwks_uri',
  'pushed_authorization_request_endpoint',
  'revocation_endpoint',
  'end_session_endpoint',
  'userinfo_endpoint',
  'introspection_endpoint',
] as const;

/** Where the document may be: below the issuer (OpenID Connect), or between host and path (RFC 8414). */
export function metadataUrls(issuer: string): URL[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    new URL(`${origin}${path}/.well-known/openid-configuration`),
    new URL(`${origin}/.well-known/oauth-authorization-server${path}`),
  ];
}

/** Returns every fault. The document may be used when the list is empty. */
export function metadataFaults(
  document: unknown,
  issuer: string,
  alg: DpopAlg | undefined,
): string[] {
  if (typeof document !== 'object' || document === null) return ['it is not a JSON object'];
  const metadata = document as Record<string, unknown>;
  const faults: string[] = [];
  if (metadata.issuer !== issuer) faults.push('issuer is not the configured issuer');
  const { origin } = new URL(issuer);
  for (const name of endpoints) {
    const value = metadata[name];
    if (value === undefined) {
      if (['authorization_endpoint', 'token_endpoint', 'jwks_uri'].includes(name)) {
        faults.push(`${name} is missing`);
      }
      continue;
    }
    const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
    if (!url) faults.push(`${name} is not a URL`);
    // An endpoint has the origin of the issuer: so it uses https when the issuer does, and is never on a foreign host.
    else if (url.origin !== origin) faults.push(`${name} is not on the issuer's host`);
  }
  const algs = metadata.dpop_signing_alg_values_supported;
  if (alg !== undefined && Array.isArray(algs) && !algs.includes(alg)) {
    faults.push(`dpop_signing_alg_values_supported lacks ${alg}`);
  }
  const challenges = metadata.code_challenge_methods_supported;
  if (Array.isArray(challenges) && !challenges.includes('S256')) {
    faults.push('code_challenge_methods_supported lacks S256');
  }
  return faults;
}
