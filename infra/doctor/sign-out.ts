// What a sign-out reaches at the server: its session, and the refresh token.
import type { Config } from '#shared/config/schema.ts';
import { type Finding, ok, warning } from './finding.ts';
import type { Document, Server } from './server-kind.ts';

const check = 'sign-out';

export function judgeSignOut(
  document: Document,
  { publicOrigin, clientAuth, assertionAudience }: Config,
  { kind, clicks }: Server,
): Finding {
  const missing = [
    ...(document.end_session_endpoint ? [] : ['end_session_endpoint']),
    ...(document.revocation_endpoint ? [] : ['revocation_endpoint']),
  ];
  if (missing.length > 0) {
    return warning(
      check,
      `the server has no ${missing.join(' and no ')}: people stay signed in there`,
      clicks.afterLogout(`${publicOrigin}/`),
    );
  }
  // RFC 7523 section 3 leaves it to the server which audience it accepts.
  if (kind !== 'okta' && clientAuth === 'private_key_jwt' && assertionAudience === 'endpoint') {
    return warning(
      check,
      kind === 'keycloak'
        ? 'ends at the server, but revokes nothing: Keycloak accepts no assertion whose audience is the revocation endpoint'
        : 'ends at the server; it revokes tokens only if the server accepts an assertion whose audience is the revocation endpoint',
      'Set assertionAudience to issuer, unless the server wants the endpoint.',
    );
  }
  return ok(check, 'ends at the server and revokes tokens');
}
