// What happens beside the users' own requests: environments die, the authorization server and the operator end sessions,
// keys rotate.
import type { Incident } from '#test/faults/plan/incidents.ts';
import { userName } from '#test/support/people.ts';
import type { Company } from './company.ts';
import * as logouts from './logouts.ts';
import * as operator from './operator.ts';

type Happens<Kind extends Incident['kind']> = (
  company: Company,
  incident: Extract<Incident, { kind: Kind }>,
) => Promise<void> | void;

/** The newest session of a user: the one that the server would end. */
const newestOf = ({ recorder }: Company, user: number) =>
  recorder.recording.sessions.findLast((one) => one.user === userName(user));

const isInUse = ({ world }: Company, use: operator.Use) =>
  world.keysInUse.some((one) => one === use);

const happens: { [Kind in Incident['kind']]: Happens<Kind> } = {
  kill: ({ world }, { function: name, nth }) => world.environments.kill(name, nth),

  everything_dies: ({ world }) => world.environments.killAll(),

  /** Its environments die, and the other one has all the traffic. */
  region_dies({ world: { environments, traffic } }) {
    environments.killRegion(traffic.nth);
    traffic.move();
  },

  universal_logout: (company, { user }) => logouts.universalLogout(company, userName(user)),

  async back_channel_logout(company, { user }) {
    const session = newestOf(company, user);
    if (session) await logouts.backChannelLogout(company, session);
  },

  async front_channel_logout(company, { user }) {
    const session = newestOf(company, user);
    if (session) await logouts.frontChannelLogout(company, session);
  },

  /** Its refresh tokens end, and the next renewal learns it. */
  issuer_revokes({ world, recorder }, { user }) {
    const name = userName(user);
    const ending = recorder.ending('revoked at the issuer', (one) => one.user === name);
    world.okta.revoke('refresh_tokens', world.idOf(name));
    ending.finish();
  },

  operator_revokes: (company, { user }) => operator.revoke(company, userName(user)),

  nonces_rotate: ({ world }) => world.rotateNonces(),

  async key_rotates(company, { use }) {
    if (isInUse(company, use)) await operator.rotate(company, use, company.goesOn);
  },

  async kill_switch(company, { use }) {
    if (isInUse(company, use)) await operator.killSwitch(company, use, company.goesOn);
  },
};

export const happen = async (company: Company, incident: Incident): Promise<void> =>
  (happens[incident.kind] as (company: Company, incident: Incident) => Promise<void> | void)(
    company,
    incident,
  );
