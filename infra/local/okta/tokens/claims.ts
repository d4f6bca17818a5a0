// What Okta says about a person, by scope: the e-mail address needs the scope `email`.
import { nameOf, personById } from '#infra/local/okta/people/people.ts';

export const claimsByScope = {
  openid: ['sub'],
  profile: ['name', 'preferred_username', 'given_name', 'family_name', 'zoneinfo', 'updated_at'],
  email: ['email', 'email_verified'],
};

export function claimsOf(id: string): { sub: string; [claim: string]: unknown } {
  const person = personById(id);
  if (!person) return { sub: id };
  return {
    sub: person.id,
    name: nameOf(person),
    given_name: person.firstName,
    family_name: person.lastName,
    preferred_username: person.email,
    zoneinfo: 'Europe/London',
    updated_at: 1_750_000_000,
    email: person.email,
    email_verified: true,
  };
}
