// Okta's authentication levels (acr) and how to reach them; see RFC 9470 and Okta's step-up authentication guide.
import type { Factor, Person } from './people.ts';

export const acrValues = [
  'urn:okta:loa:1fa:any',
  'urn:okta:loa:2fa:any',
  'urn:okta:loa:2fa:any:ifpossible',
  'phr',
];

const ranks: Record<string, number> = {
  'urn:okta:loa:1fa:any': 1,
  'urn:okta:loa:2fa:any': 2,
  'urn:okta:loa:2fa:any:ifpossible': 2,
  phr: 3,
};

/** The level that a request asks for. Okta silently ignores unknown values. */
export const wantedAcr = (acrParameter: unknown): string | undefined =>
  String(acrParameter ?? '')
    .split(' ')
    .find((acr) => acr in ranks);

export const rankOf = (acr: string | undefined): number => ranks[acr ?? ''] ?? 0;

export const satisfies = (acr: string | undefined, wanted: string | undefined): boolean =>
  wanted === undefined || rankOf(acr) >= rankOf(wanted);

/** Tells whether this person can reach the level at all. With "if possible", Okta asks only those who can. */
export function canReach(person: Person, wanted: string | undefined): boolean {
  if (rankOf(wanted) <= 1 || wanted?.endsWith(':ifpossible')) return true;
  return rankOf(wanted) === 3 ? person.factors.includes('key') : person.factors.length > 0;
}

export interface Authentication {
  acr: string;
  amr: string[];
}

export const withPassword: Authentication = { acr: 'urn:okta:loa:1fa:any', amr: ['pwd'] };

export const withFactor = (factor: Factor): Authentication =>
  factor === 'key'
    ? { acr: 'phr', amr: ['mfa', 'hwk', 'pwd'] }
    : { acr: 'urn:okta:loa:2fa:any', amr: ['mfa', 'otp', 'pwd'] };
