// Who can sign in. The stand-in knows four people; nobody could tell whose data came if all were one of them.
import { type Directory, directoryUser } from '#infra/local/okta/people/directory.ts';
import { type Person, people } from '#infra/local/okta/people/people.ts';

/** Everybody's. */
export const password = 'the-password-of-everybody';

export const userName = (nth: number) => `user${nth}`;
export const idOf = (name: string) =>
  `00u7faults${name.slice('user'.length).padStart(4, '0')}local`;

export function admission(directory: Directory) {
  const admitted: Person[] = [];
  return {
    /** Everybody has a second factor, and needs it only for a step-up. */
    admit(nth: number): string {
      const username = userName(nth);
      const person: Person = {
        username,
        id: idOf(username),
        email: `${username}@faults.example`,
        firstName: 'User',
        lastName: String(nth),
        note: '',
        admin: false,
        assigned: true,
        factors: ['code'],
        alwaysSecondFactor: false,
      };
      admitted.push(person);
      people.push(person);
      directory.users.push(directoryUser(person.id, person));
      return username;
    },
    leave() {
      for (const person of admitted.splice(0)) people.splice(people.indexOf(person), 1);
    },
  };
}
