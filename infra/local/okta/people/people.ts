// The people who can sign in here. Everybody's password is printed on the login page.

export const samplePassword = 'local-only';
/** What an authenticator app would show. */
export const sampleCode = '123456';

export type Factor = 'code' | 'key';

export interface Person {
  username: string;
  id: string;
  email: string;
  firstName: string;
  lastName: string;
  /** What to expect when signing in as this person. */
  note: string;
  /** May read and change everything in the org. */
  admin: boolean;
  /** Okta refuses a sign-in to an app that the person is not assigned to. */
  assigned: boolean;
  /** Second factors that the person has. */
  factors: Factor[];
  /** The sign-on policy asks this person for a second factor every time. */
  alwaysSecondFactor: boolean;
}

const person = (
  username: string,
  id: string,
  firstName: string,
  lastName: string,
  note: string,
  more: Partial<Person>,
): Person => ({
  username,
  id,
  email: `${username}@example.com`,
  firstName,
  lastName,
  note,
  admin: false,
  assigned: true,
  factors: [],
  alwaysSecondFactor: false,
  ...more,
});

export const people: Person[] = [
  person('ada', '00u1adalovelace0local', 'Ada', 'Lovelace', 'administrator, reads everything', {
    admin: true,
    factors: ['code', 'key'],
  }),
  person('grace', '00u2gracehopper0local', 'Grace', 'Hopper', 'reads only her own profile', {}),
  person('mary', '00u3maryjackson0local', 'Mary', 'Jackson', 'always needs a second factor', {
    admin: true,
    factors: ['code'],
    alwaysSecondFactor: true,
  }),
  person('eve', '00u4eveunassigned0loc', 'Eve', 'Moneypenny', 'not assigned to the app', {
    assigned: false,
  }),
];

export const personById = (id: string): Person | undefined => people.find((one) => one.id === id);

export const personByName = (name: string): Person | undefined => {
  const wanted = name.trim().toLowerCase();
  return people.find(({ username, email }) => wanted === username || wanted === email);
};

export const nameOf = ({ firstName, lastName }: Person): string => `${firstName} ${lastName}`;
