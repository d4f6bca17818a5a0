// What happens beside the users' requests: keys rotate, administrators and the authorization server end sessions.
import { setTimeout as wait } from 'node:timers/promises';
import type { KeyUse } from '#core/ports.ts';
import { logoutRequest } from '#infra/local/okta/index.ts';
import { logoutToken, sendLogoutToken } from '#test/support/logout-token.ts';
import type { Operating } from '#test/support/operating.ts';
import { visitor } from '#test/support/visitor.ts';
import type { Company, User } from './company.ts';
import { clientId, idOf, type Surroundings } from './surroundings.ts';

export interface Place {
  surroundings: Surroundings;
  operator: Operating;
  users: readonly User[];
}

/** Counts what was done, by its name. */
export type Done = Map<string, number>;

const everyMs = 4_000;
const ending = [universalLogout, backChannelLogout, operatorRevokes, issuerRevokes];
const kinds = [...ending, ...ending, nonces];
/** The time of a sign-out is kept in whole seconds: it may meet a sign-in of the next second. */
const roundingMs = 1_500;

export async function happen(company: Company, place: Place): Promise<Done> {
  const done: Done = new Map();
  for (let nth = 0; company.goesOn(); nth++) {
    await wait(everyMs);
    const kind = kinds[nth % kinds.length] ?? nonces;
    const who = Math.floor(company.chance.of('incident', nth) * place.users.length);
    await happens(company, done, () => kind(company, place, who));
    if (kind !== nonces) setTimeout(() => ends(place, who), roundingMs);
  }
  return done;
}

/** One rotation after the other. */
export async function rotate(company: Company, place: Place): Promise<Done> {
  const done: Done = new Map();
  for (let nth = 0; company.goesOn(); nth++) {
    await happens(company, done, () => rotation(company, place, nth % 2 ? 'assertion' : 'dpop'));
  }
  return done;
}

async function happens(
  { tally }: Company,
  done: Done,
  what: () => Promise<string | undefined>,
): Promise<void> {
  const name = await what().catch((error: Error) => tally.unexpected(error.message));
  if (name) done.set(name, (done.get(name) ?? 0) + 1);
}

const ends = ({ users }: Place, who: number): User | undefined => {
  const user = users[who];
  if (user) user.mayBeOver = true;
  return user;
};

async function universalLogout({ url, tally }: Company, place: Place, who: number) {
  const user = ends(place, who)?.name ?? '';
  const to = `${url}/bff/global-token-revocation`;
  const { bearer, body } = await logoutRequest(place.surroundings.okta.servers.org, {
    url: to,
    clientId,
    user,
  });
  const { status } = await visitor(url).send(to, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (status !== 204 && status !== 404) tally.unexpected(`universal logout ${status}`);
  return 'universal logouts';
}

async function backChannelLogout({ url, tally }: Company, place: Place, who: number) {
  ends(place, who);
  const { okta } = place.surroundings;
  const token = await logoutToken({ okta, config: { clientId } }, { sub: idOf(who) });
  const { status } = await sendLogoutToken({ url }, token);
  if (status !== 200) tally.unexpected(`back-channel logout ${status}`);
  return 'logouts by back channel';
}

async function operatorRevokes(_company: Company, place: Place, who: number) {
  ends(place, who);
  await place.operator.drive({ action: 'revoke', whose: { user: idOf(who) }, reason: 'soak' });
  return 'revocations by the operator';
}

async function issuerRevokes(_company: Company, place: Place, who: number) {
  ends(place, who);
  place.surroundings.okta.revoke('refresh_tokens', idOf(who));
  return 'revocations by the issuer';
}

async function nonces(_company: Company, { surroundings }: Place) {
  surroundings.rotateNonces();
  return 'changes of nonces';
}

/** An environment reads the ring every half minute, so that a server may learn of a new key no sooner. */
const learnSeconds = 45;
/** In steps, so that a run that is over need not wait. */
const stepMs = 2_000;

async function rotation(company: Company, { operator }: Place, use: KeyUse) {
  const waits = { settleSeconds: learnSeconds, publishSeconds: learnSeconds };
  const event = { action: 'rotate', use, ...waits, takeOver: true, driver: 'soak' } as const;
  while (company.goesOn()) {
    const { status } = await operator.operate(event);
    if (status === 'done') return `rotations of the ${use} key`;
    if (status !== 'waiting') company.tally.unexpected(`a rotation was ${status}`);
    await wait(stepMs);
  }
  return undefined;
}
