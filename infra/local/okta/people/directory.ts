// Sample users, groups and apps of the org, the same at every start.
import { type Person, people } from './people.ts';

export interface DirectoryUser {
  id: string;
  status: string;
  created: string;
  lastUpdated: string;
  profile: Record<string, string>;
}

export interface Directory {
  users: DirectoryUser[];
  groups: { id: string; name: string; description: string }[];
  apps: { id: string; name: string; label: string; status: string }[];
}

const firstNames =
  'Alan Barbara Claude Donald Edsger Frances Grete Hedy Ida John Katherine Leslie'.split(' ');
const lastNames = 'Turing Liskov Shannon Knuth Dijkstra'.split(' ');
const size = 60;

export function directory(): Directory {
  const staff = people.map((person) => directoryUser(person.id, person));
  const others = Array.from({ length: size - staff.length }, (_, at) => {
    const firstName = firstNames[at % firstNames.length] ?? '';
    const lastName = lastNames[Math.floor(at / firstNames.length)] ?? '';
    const email = `${firstName}.${lastName}@example.com`.toLowerCase();
    return directoryUser(`00u8${String(at).padStart(4, '0')}sampleuser0`, {
      firstName,
      lastName,
      email,
    });
  });
  return {
    users: [...staff, ...others],
    groups: ['Everyone', 'Engineering', 'Finance', 'Contractors'].map((name, at) => ({
      id: `00g8${at}samplegroup0000`,
      name,
      description: `${name} of the sample org`,
    })),
    apps: ['Payroll', 'Wiki', 'Tickets', 'Calendar', 'Source'].map((label, at) => ({
      id: `0oa8${at}sampleapp000000`,
      name: `oidc_client_${at}`,
      label,
      status: at === 4 ? 'INACTIVE' : 'ACTIVE',
    })),
  };
}

const since = '2025-01-15T08:30:00.000Z';

export function directoryUser(
  id: string,
  { firstName, lastName, email }: Pick<Person, 'firstName' | 'lastName' | 'email'>,
): DirectoryUser {
  const profile = { firstName, lastName, email, login: email };
  return { id, status: 'ACTIVE', created: since, lastUpdated: since, profile };
}
