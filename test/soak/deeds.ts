// What users do, and how often.
import { deviceName } from '#test/support/device.ts';
import { sessionName } from '#test/support/running.ts';
import { reading } from '#test/support/streams.ts';
import { visitor } from '#test/support/visitor.ts';
import { ask } from './asking.ts';
import type { Company, Deed, State } from './company.ts';
import { prove, tryWithoutDevice } from './device.ts';
import { signIn, signOut, stepUp } from './signing.ts';
import { timed } from './timed.ts';

const echo = '/bff/api/own/echo';
const withoutCsrf = { headers: { 'x-bff-csrf': '' } };

/** How often, out of the sum. */
export const deeds: readonly [weight: number, deed: Deed][] = [
  [40, call],
  [12, (company, state) => ask(company, state, { what: 'okta', path: '/bff/api/v1/users/me' })],
  [10, (company, state) => ask(company, state, { what: 'session', path: '/bff/session' })],
  [10, orders],
  [8, upload],
  [6, stream],
  [4, burst],
  [4, signOut],
  [4, prove],
  [3, signIn],
  [3, stepUp],
  [2, tryWithoutDevice],
  [2, intrude],
  [3, (company, state) => refused(company, state, 'no route', '/bff/api/nowhere', 404)],
  [2, (company, state) => refused(company, state, 'no csrf', echo, 403, withoutCsrf)],
];

const refused = (
  company: Company,
  state: State,
  what: string,
  path: string,
  status: number,
  more = {},
) => ask(company, state, { what, path, expected: [status], ...more });

/** And right after it a request of which nothing is wanted, to compare it with. */
async function call(company: Company, state: State): Promise<void> {
  await ask(company, state, { what: 'call', path: echo });
  const began = performance.now();
  await company.bare();
  company.tally.bare(performance.now() - began);
}

/** The company's own API, through its authorizer. */
async function orders(company: Company, state: State): Promise<void> {
  const nth = company.chance.of(state.user.name, state.nth, 'order');
  const [method, path] =
    nth < 0.5 ? ['GET', 'orders'] : [nth < 0.8 ? 'GET' : 'DELETE', 'orders/o-1002'];
  await ask(company, state, { what: 'own API', method, path: `/bff/api/shop/${path}` });
}

/** Straight at the company's API, with what is no token and no proof. */
async function intrude({ ownApi, tally }: Company): Promise<void> {
  const headers = { authorization: 'DPoP a.b.c', dpop: 'a.b.c' };
  const send = () => visitor(ownApi).send('/orders', { headers });
  const { status } = await timed(tally, 'intruder', send);
  if (![400, 401, 503].includes(status)) tally.unexpected(`an intruder was answered ${status}`);
}

async function upload(company: Company, state: State): Promise<void> {
  const { chance, tally } = company;
  const size = Math.ceil(chance.of(state.user.name, state.nth, 'size') * 600_000);
  const { status, body } = await ask(company, state, {
    what: 'upload',
    path: '/bff/api/own/mirror',
    method: 'POST',
    body: Buffer.alloc(size, 7),
    headers: { 'content-type': 'application/octet-stream' },
  });
  if (status === 200 && body.length !== size) tally.unexpected('an upload came back cut');
}

/** Read to its end, or left in the middle. */
async function stream(company: Company, state: State): Promise<void> {
  const { url, tally, chance } = company;
  const { user, visit, nth } = state;
  if (state.bound && !(await prove(company, state))) return;
  const cookie = [sessionName, deviceName]
    .filter((name) => visit.cookie(name) !== undefined)
    .map((name) => `${name}=${visit.cookie(name)}`)
    .join('; ');
  const path = '/bff/api/live/x?count=5&everyMs=200';
  const read = await reading(url, visit, path, { headers: { cookie } });
  const { status } = read;
  tally.answered({ what: 'stream', status }, 0);
  if (status === 401 && user.mayBeOver) return;
  if (status === 503) return tally.tooMuch();
  if (status !== 200) tally.unexpected(`stream ${status}`);
  if (chance.of(user.name, nth, 'leaves') < 0.3) {
    await read.until('tick 2').catch(() => {});
    return read.leave();
  }
  const { text } = await read.end();
  if (status === 200 && !text.includes('tick 5') && !user.mayBeOver) {
    tally.unexpected('a stream ended early');
  }
}

async function burst(company: Company, state: State): Promise<void> {
  const one = () => ask(company, state, { what: 'in a burst', path: echo });
  await Promise.all(Array.from({ length: 4 }, one));
}
