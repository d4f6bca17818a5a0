// The algorithms that may sign ID tokens and logout tokens: those that the server announces (OpenID Connect Core
// 3.1.3.7 no. 7, Back-Channel Logout 1.0 section 2.6) and that need no shared secret.

import type { CoreSettings } from '#core/settings.ts';
import type { Metadata } from './metadata.ts';

/** FAPI 2.0 Security Profile section 5.4.1. Ed25519 is RFC 9864's name for EdDSA. */
const fapi = ['PS256', 'ES256', 'EdDSA', 'Ed25519'];
const asymmetric = [...fapi, 'RS256', 'RS384', 'RS512', 'PS384', 'PS512', 'ES384', 'ES512'];

export function signatureAlgs(
  { profile }: Pick<CoreSettings, 'profile'>,
  { id_token_signing_alg_values_supported: announced }: Metadata,
): string[] {
  const allowed = profile === 'fapi2' ? fapi : asymmetric;
  // The default of a client that registered no algorithm (Dynamic Client Registration 1.0 section 2).
  const usual = profile === 'fapi2' ? fapi : ['RS256'];
  return Array.isArray(announced) ? allowed.filter((alg) => announced.includes(alg)) : usual;
}
