// Whether sessions outlive their first access token. At Okta this needs the scope offline_access (OpenID Connect Core
// section 11); elsewhere the scope may mean something else.
import type { Config } from '#shared/config/schema.ts';
import { type Finding, ok, warning } from './finding.ts';
import { type Document, list, type Server } from './server-kind.ts';

const check = 'refresh';

export function* judgeRefresh(
  document: Document,
  { scopes }: Config,
  { kind }: Server,
): Iterable<Finding> {
  const asked = scopes.includes('offline_access');
  if (kind === 'keycloak') {
    yield asked
      ? warning(
          check,
          'with offline_access Keycloak keeps an offline session only: no single sign-on, and its sign-out does not end ours',
          'Leave offline_access out of scopes: Keycloak gives refresh tokens without it.',
        )
      : ok(check, 'without offline_access, as Keycloak wants it');
    return;
  }
  if (asked) return;
  if (kind === 'okta') {
    yield warning(
      check,
      'scopes lack offline_access, so sessions end with their first access token',
      'Add offline_access to scopes.',
    );
    return;
  }
  const announced = list(document.scopes_supported)?.includes('offline_access');
  yield announced
    ? warning(
        check,
        'scopes lack offline_access, which the server announces: it may give no refresh token without it',
        'Add it if sessions end with their first access token. Some servers then want prompt=consent as well.',
      )
    : ok(check, 'the server does not announce offline_access, so it is not requested');
}
