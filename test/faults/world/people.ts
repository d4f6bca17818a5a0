// Who can sign in. The stand-in knows four people; nobody could tell whose data came if all were one of them.
import { type Directory, directoryUser } from '#infra/local/okta/people/directory.ts';
import { type Person, people } from '#infra/local/okta/people/people.ts';
import { userAt, userName } from '#test/support/people.ts';

/** Everybody's. */
export const password = 'the-password-of-everybody';

export const idOf = (name: string) =>
  `00u7faults${name.slice('user'.length).padStart(4, '0')}local`;

export function admission(directory: Directory) {
  const admitted: Person[] = [];
  return {
    admit(nth: number): string {
      const username = userName(nth);
      const person = userAt('faults.example', nth, idOf(username));
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
