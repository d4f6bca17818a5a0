// UserInfo, OpenID Connect Core section 5.3. It is asked once, at sign-in, when the ID token lacks a claim that
// /bff/session may show: Okta's ID tokens of the code flow can be thin.
import type { RequestContext } from '#core/broker.ts';
import { nonceIn } from '#core/dpop/nonces.ts';
import { athOf, proofFor } from '#core/dpop/proof.ts';
import { words } from '#core/lib/plain.ts';
import { shareOfTime } from '#core/lib/time-limit.ts';
import { steps } from '#core/limits.ts';
import type { SigningKey } from '#core/ports.ts';
import { answeringNonce } from './nonce-challenge.ts';
import type { JudgedTokens } from './token-response.ts';

/** Returns the claims that the ID token lacks, or none when UserInfo fails, names another user or is not needed. */
export async function missingClaims(
  context: RequestContext,
  tokens: JudgedTokens,
  key: SigningKey,
): Promise<Record<string, unknown>> {
  const { env, log } = context;
  const claims: Record<string, unknown> = { ...tokens.claims };
  const { scopes, session } = env.config;
  // The e-mail address is also needed to find the session when Universal Logout names the user by it.
  const wanted = [...new Set([...session.claims, 'email'])];
  const missing = wanted.filter(
    (name) => claims[name] === undefined && scopes.includes(scopeOf[name] ?? 'profile'),
  );
  const { userinfo_endpoint: endpoint } = await env.issuer.metadata();
  if (missing.length === 0 || !endpoint) return {};
  try {
    const answer = await askUserinfo(context, new URL(endpoint), tokens.accessToken, key);
    if (answer.sub !== claims.sub) {
      log('userinfo.refused', { reason: words`sub names another user` });
      return {};
    }
    return Object.fromEntries(missing.map((name) => [name, answer[name]]));
  } catch {
    // A missing name is no reason to refuse a sign-in.
    log('userinfo.failed');
    return {};
  }
}

/**
 * The scope that brings a claim (section 5.4). Other claims come with `profile`, or with a scope that we cannot know.
 */
const scopeOf: Record<string, string> = {
  email: 'email',
  email_verified: 'email',
  address: 'address',
  phone_number: 'phone',
  phone_number_verified: 'phone',
  groups: 'groups',
};

async function askUserinfo(
  context: RequestContext,
  url: URL,
  accessToken: string,
  key: SigningKey,
): Promise<Record<string, unknown>> {
  const { env } = context;
  const signal = shareOfTime(context, steps.userInfo);
  const ath = athOf(accessToken);
  const { status, text } = await answeringNonce(context, {
    role: 'rs',
    url,
    async make() {
      const nonce = env.nonces.get('rs', url);
      const dpop = await proofFor(env, key, { method: 'GET', url, ath, nonce });
      const headers = { accept: 'application/json', authorization: `DPoP ${accessToken}`, dpop };
      return new Request(url, { headers, redirect: 'manual', signal });
    },
    asksForNonce: ({ status, headers }) => status !== 200 && nonceIn(headers) !== undefined,
  });
  if (status === 200) return JSON.parse(text);
  throw new Error('UserInfo did not answer');
}
