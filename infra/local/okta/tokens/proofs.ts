// DPoP at the token and PAR endpoints. oidc-provider judges the proof. The nonces have Okta's timing instead of the
// library's minutes, and `iat` is checked even with a nonce.
import { decodeJwt } from 'jose';
import { errors, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import internalsOf from 'oidc-provider/lib/helpers/weak_cache.js';
import { type OktaSettings, proofTime } from '#infra/local/okta/options.ts';
import type { Org } from '#infra/local/okta/org.ts';
import { proofTexts } from '#infra/local/okta/server/oauth-errors.ts';
import type { Nonces } from './nonces.ts';

export function judgeNonces(settings: OktaSettings, provider: Provider, nonces: Nonces): void {
  internalsOf(provider).DPoPNonces = {
    nextChallenge: nonces.current,
    checkChallenge(nonce) {
      checkIssuedAt(settings, Provider.ctx?.get('DPoP') ?? '');
      return nonces.accepts(nonce);
    },
  };
}

/** The token endpoint always demands a nonce. Whether PAR does is undocumented. */
export function nonceNeeded({ settings, faults }: Org, ctx: KoaContextWithOIDC): boolean {
  if (ctx.oidc.route === 'token') return true;
  if (ctx.oidc.route !== 'pushed_authorization_request') return false;
  return settings.parNonce || faults.take('parNonce') !== undefined;
}

function checkIssuedAt(settings: OktaSettings, proof: string): void {
  const { iat, exp } = decodeJwt(proof);
  const now = proofTime(settings);
  const refuse = (text: string) => new errors.InvalidDpopProof(text);
  if (Number(iat) > now + settings.futureToleranceSeconds) throw refuse(proofTexts.future);
  if (Number(iat) < now - 300) throw refuse(proofTexts.past);
  if (exp !== undefined && exp <= now) throw refuse(proofTexts.expired);
}
