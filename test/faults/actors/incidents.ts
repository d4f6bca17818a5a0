// What happens beside the users' own requests: environments die, the authorization server and the operator end sessions,
// keys rotate.
import { logoutRequest } from '#infra/local/okta/index.ts';
import type { Incident } from '#test/faults/plan/plan.ts';
import { userName } from '#test/faults/world.ts';
import { visitor } from '#test/support/visitor.ts';
import type { Company } from './company.ts';

type Happens<Kind extends Incident['kind']> = (
  company: Company,
  incident: Extract<Incident, { kind: Kind }>,
) => Promise<void> | void;

const happens: { [Kind in Incident['kind']]: Happens<Kind> } = {
  kill({ world, recorder }, { function: name, nth }) {
    if (!world.system.gateway.functions().kill(name, nth)) return;
    recorder.recording.kills.push({ at: recorder.now(), function: name });
  },

  async universal_logout({ world, recorder }, { user }) {
    const name = userName(user);
    const path = '/bff/global-token-revocation';
    const ending = recorder.ending('universal logout', (one) => one.user === name);
    const { bearer, body } = await logoutRequest(world.okta.servers.org, {
      url: `${world.url}${path}`,
      clientId: world.system.config.clientId,
      user: name,
    });
    const { exchange } = await recorder.exchange(
      { act: 'universal_logout', user: name, method: 'POST', path },
      () =>
        visitor(world.url).send(path, {
          method: 'POST',
          headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
    );
    if (exchange.status === 204) ending.confirm();
    ending.finish();
  },

  /** Its refresh tokens end, and the next renewal learns it. */
  issuer_revokes({ world, recorder }, { user }) {
    const name = userName(user);
    const ending = recorder.ending('revoked at the issuer', (one) => one.user === name);
    world.okta.revoke('refresh_tokens', world.ids.get(name));
    ending.finish();
  },

  async operator_revokes(company, { user }) {
    const name = userName(user);
    const ending = company.recorder.ending('operator', (one) => one.user === name);
    const whose = { user: world(company).ids.get(name) ?? '' };
    const status = await operate(company, { action: 'revoke', whose, reason: 'a test' });
    if (status === 'done') ending.confirm();
    ending.finish();
  },

  nonces_rotate: (company) => world(company).rotateNonces(),

  async key_rotates(company, { use }) {
    await rotate(company, use, company.goesOn);
  },
};

export const happen = async (company: Company, incident: Incident): Promise<void> =>
  (happens[incident.kind] as (company: Company, incident: Incident) => Promise<void> | void)(
    company,
    incident,
  );

/** Begins a rotation, or goes on with one. False: it is not done. */
export async function rotate(
  company: Company,
  use: 'dpop' | 'assertion',
  goesOn: () => boolean,
): Promise<boolean> {
  const takeOver = { takeOver: true, driver: company.recorder.name('driver') };
  const event = {
    action: 'rotate',
    use,
    settleSeconds: 0,
    publishSeconds: 1,
    ...takeOver,
  } as const;
  while (goesOn()) {
    const status = await operate(company, { ...event, reason: 'a test' });
    if (status === 'done') return true;
    await company.pause(400);
  }
  return false;
}

type Event = Parameters<Company['world']['operator']['operate']>[0];

async function operate(company: Company, event: Event): Promise<string | undefined> {
  const { exchange, answer } = await company.recorder.exchange(
    { act: 'operator', user: 'operator', method: 'INVOKE', path: event.action },
    async () => {
      const outcome = await world(company).operator.operate(event);
      return { status: 200, headers: {}, text: outcome.status, outcome };
    },
  );
  if (answer?.outcome.code) exchange.code = answer.outcome.code;
  return answer?.outcome.status;
}

const world = (company: Company) => company.world;
