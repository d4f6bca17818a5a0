// What an upstream answer asks of us: RFC 9449 sections 7 and 9, RFC 6750 section 3.1, RFC 9470 section 3, and Okta's
// ways (DPoP faults are 400, requirements OKT-13; its own words for step-up, SU-4).
import { type Challenge, challengesOf } from '../challenge.ts';
import type { HeaderLines } from '../http.ts';
import { nonceIn } from '../nonces.ts';

export type Verdict =
  | { kind: 'final' }
  /** It wants a nonce, and gave one. */
  | { kind: 'nonce' }
  /** It does not take the access token (any more). */
  | { kind: 'stale_token' }
  | { kind: 'step_up'; challenge: Challenge };

const final: Verdict = { kind: 'final' };
const asksAnew = new Set([
  'insufficient_user_authentication',
  'insufficient_authentication_context',
]);
const longestErrorBody = 16_384;

export interface Refusal {
  status: number;
  headers: HeaderLines;
  body: Uint8Array;
}

export function verdictOn({ status, headers, body }: Refusal): Verdict {
  if (!isJudged(status)) return final;
  const challenges = challengesOf(valuesOf(headers, 'www-authenticate'));
  const errors = challenges.map(({ parameters }) => parameters.get('error'));
  if (status !== 403 && nonceIn(single(headers)) !== undefined) {
    if (errors.includes('use_dpop_nonce')) return { kind: 'nonce' };
    if (challenges.length === 0 && errorOf(body) === 'use_dpop_nonce') return { kind: 'nonce' };
  }
  const stepUp = challenges.find(({ parameters }) => asksAnew.has(parameters.get('error') ?? ''));
  if (stepUp) return { kind: 'step_up', challenge: stepUp };
  return status === 401 && errors.includes('invalid_token') ? { kind: 'stale_token' } : final;
}

/** Other answers are final, whatever they say. */
export const isJudged = (status: number): boolean =>
  status === 400 || status === 401 || status === 403;

const valuesOf = (headers: HeaderLines, wanted: string): string[] =>
  headers.filter(([name]) => name === wanted).map(([, value]) => value);

/** As fetch's Headers say it: two lines are one value. */
export const single = (headers: HeaderLines): Pick<Headers, 'get'> => ({
  get(wanted) {
    const values = valuesOf(headers, wanted);
    return values.length > 0 ? values.join(', ') : null;
  },
});

/** The token endpoint's form of an error, which some APIs use too. */
function errorOf(body: Uint8Array): string | undefined {
  if (body.byteLength > longestErrorBody) return undefined;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return String((parsed as { error?: unknown } | null)?.error);
  } catch {
    return undefined;
  }
}
