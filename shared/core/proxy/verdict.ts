// What an upstream answer asks of us: RFC 9449 sections 7 and 9, RFC 6750 section 3.1, RFC 9470 section 3, and Okta's
// own ways: it answers DPoP errors with 400, and has its own words for step-up.
import { type Challenge, challengesOf } from '#core/dpop/challenge.ts';
import { nonceIn } from '#core/dpop/nonces.ts';
import type { HeaderLines } from '#core/http.ts';
import { mostBytes } from '#core/limits.ts';

export type Verdict =
  | { kind: 'final' }
  /** It demands a nonce and provided one. */
  | { kind: 'nonce' }
  /** It does not accept the access token, or no longer does. */
  | { kind: 'stale_token' }
  | { kind: 'step_up'; challenge: Challenge };

const final: Verdict = { kind: 'final' };
const asksAnew = new Set([
  'insufficient_user_authentication',
  'insufficient_authentication_context',
]);

/**
 * API Gateway renames what an API behind it says.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
 */
const challengeHeaders = ['www-authenticate', 'x-amzn-remapped-www-authenticate'];

export interface JudgedAnswer {
  status: number;
  headers: HeaderLines;
  body: Uint8Array;
}

export function verdictOn({ status, headers, body }: JudgedAnswer): Verdict {
  if (!isJudged(status)) return final;
  const challenges = challengesOf(challengeHeaders.flatMap((name) => valuesOf(headers, name)));
  const errors = challenges.map(({ parameters }) => parameters.get('error'));
  if (status !== 403 && nonceIn(joinedHeaders(headers)) !== undefined) {
    if (errors.includes('use_dpop_nonce')) return { kind: 'nonce' };
    if (challenges.length === 0 && errorOf(body) === 'use_dpop_nonce') return { kind: 'nonce' };
  }
  const stepUp = challenges.find(({ parameters }) => asksAnew.has(parameters.get('error') ?? ''));
  if (stepUp) return { kind: 'step_up', challenge: stepUp };
  return status === 401 && errors.includes('invalid_token') ? { kind: 'stale_token' } : final;
}

/** Every other answer is final, whatever it says. */
export const isJudged = (status: number): boolean =>
  status === 400 || status === 401 || status === 403;

const valuesOf = (headers: HeaderLines, wanted: string): string[] =>
  headers.filter(([name]) => name === wanted).map(([, value]) => value);

/** Like fetch's Headers, it joins repeated lines to one value. */
export const joinedHeaders = (headers: HeaderLines): Pick<Headers, 'get'> => ({
  get(wanted) {
    const values = valuesOf(headers, wanted);
    return values.length > 0 ? values.join(', ') : null;
  },
});

/** The token endpoint's error format, which some APIs also use. */
function errorOf(body: Uint8Array): string | undefined {
  if (body.byteLength > mostBytes.refusal) return undefined;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return String((parsed as { error?: unknown } | null)?.error);
  } catch {
    return undefined;
  }
}
