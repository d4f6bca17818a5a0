// People with browsers, each of whom does this and that, rests, and begins again. What they may be answered is known.
import { setTimeout as wait } from 'node:timers/promises';
import type { ErrorCode } from '#core/errors.ts';
import type { Chance } from '#test/faults/plan/chance.ts';
import { sessionName } from '#test/support/running.ts';
import { reading } from '#test/support/streams.ts';
import { type Answer, type Ask, type Visitor, visitor } from '#test/support/visitor.ts';
import type { Tally } from './tally.ts';

export interface Company {
  url: string;
  tally: Tally;
  chance: Chance;
  goesOn(): boolean;
  /** The average rest between two deeds. */
  restMs: number;
  /** They do not all come at once. */
  comeWithinMs: number;
}

export interface User {
  readonly name: string;
  /** Somebody else may have ended the session: it may be over, and has to be signed in anew. */
  mayBeOver: boolean;
  live(): Promise<void>;
}

interface State {
  user: User;
  visit: Visitor;
  /** Another number for each deed. */
  nth: number;
}

type Deed = (company: Company, state: State) => Promise<unknown>;

const factor = { code: '123456' };
/** What a machine that is too slow for so many may be answered; how often is limited. */
const tooMuch: ReadonlySet<string> = new Set<ErrorCode>([
  ...(['signer_unavailable', 'store_unavailable', 'refresh_unavailable'] as const),
  ...(['upstream_timeout', 'upstream_unreachable'] as const),
]);
/** The gateway itself gives up after half a minute, with 503 in its own words. */
const isTooMuch = (status: number, code = '') => status === 503 || tooMuch.has(code);
const over = new Set(['session_expired', 'not_signed_in']);

/** How often, out of the sum. */
const deeds: [weight: number, deed: Deed][] = [
  [45, (company, state) => call(company, state, 'call', '/bff/api/own/echo')],
  [12, (company, state) => call(company, state, 'okta', '/bff/api/v1/users/me')],
  [10, (company, state) => call(company, state, 'session', '/bff/session')],
  [8, upload],
  [6, stream],
  [4, burst],
  [4, signOut],
  [3, signIn],
  [3, stepUp],
  [3, (company, state) => call(company, state, 'no route', '/bff/api/nowhere', [404])],
  [2, (company, state) => call(company, state, 'no csrf', '/bff/api/own/echo', [403], withoutCsrf)],
];
const total = deeds.reduce((sum, [weight]) => sum + weight, 0);
const withoutCsrf: Ask = { headers: { 'x-bff-csrf': '' } };

export function user(company: Company, name: string): User {
  const { chance, tally } = company;
  const one: User = {
    name,
    mayBeOver: false,
    async live() {
      const state = { user: one, visit: visitor(company.url), nth: 0 };
      await wait(company.comeWithinMs * chance.of(name, 'comes'));
      for (; company.goesOn(); state.nth++) {
        const signedIn = state.visit.cookie(sessionName) !== undefined;
        const deed = signedIn ? drawn(chance.of(name, state.nth)) : signIn;
        await deed(company, state).catch((error: Error) => tally.unexpected(error.message));
        await wait(company.restMs * chance.of(name, state.nth, 'rest') * 2);
      }
    },
  };
  return one;
}

function drawn(number: number): Deed {
  let left = number * total;
  for (const [weight, deed] of deeds) {
    left -= weight;
    if (left < 0) return deed;
  }
  return signIn;
}

async function call(
  { tally }: Company,
  { user, visit }: State,
  what: string,
  path: string,
  expected = [200],
  ask: Ask = {},
): Promise<Answer> {
  const answer = await timed(tally, what, () => visit.fetch(path, ask));
  const code = codeOf(answer);
  const isOver =
    over.has(code ?? '') || (what === 'session' && answer.text.includes('"authenticated":false'));
  if (isOver) {
    // A session that nobody ended is not over.
    if (!user.mayBeOver) tally.unexpected(`${what}: a session was lost`);
    visit.forget(sessionName);
  } else if (!expected.includes(answer.status) && !isTooMuch(answer.status, code)) {
    tally.unexpected(`${what} ${answer.status} ${code ?? ''}`);
  }
  return answer;
}

async function timed(tally: Tally, what: string, ask: () => Promise<Answer>): Promise<Answer> {
  const began = performance.now();
  const answer = await ask();
  const { status } = answer;
  const code = codeOf(answer);
  if (isTooMuch(status, code)) tally.tooMuch();
  tally.answered({ what, status, code }, performance.now() - began);
  return answer;
}

const codeOf = ({ headers, text }: Answer): string | undefined =>
  headers['content-type']?.includes('problem+json')
    ? (JSON.parse(text) as { code: string }).code
    : undefined;

async function signIn({ tally }: Company, { user, visit }: State): Promise<void> {
  user.mayBeOver = false;
  // Sessions that others end at once look like a loop; nobody waits until the page that ends it has expired.
  visit.forget('__Host-Http-bff-tries');
  const { status, url } = await timed(tally, 'sign in', () => visit.signIn(user.name));
  if (visit.cookie(sessionName) !== undefined || user.mayBeOver || status >= 502) return;
  tally.unexpected(`a sign-in ended with ${status} at ${url.pathname} ${loginError(url)}`);
}

const loginError = ({ searchParams }: URL) => searchParams.get('login_error') ?? '';

async function signOut(company: Company, state: State): Promise<void> {
  const ask = { method: 'POST' };
  await call(company, state, 'sign out', '/bff/logout', [204], ask);
  state.visit.forget(sessionName);
}

const path = '/bff/api/myaccount/profile';

/** What needs a second factor, and the way there. */
async function stepUp(company: Company, state: State): Promise<void> {
  const { tally } = company;
  const { user, visit } = state;
  const asked = await call(company, state, 'step-up', path, [200, 401]);
  if (codeOf(asked) !== 'step_up_required') return;
  const { login_url: login } = asked.json<{ login_url: string }>();
  await timed(tally, 'second factor', () => visit.signIn(user.name, { login, factor }));
  await call(company, state, 'stepped up', path);
}

async function upload(company: Company, state: State): Promise<void> {
  const { chance } = company;
  const size = Math.ceil(chance.of(state.user.name, state.nth, 'size') * 600_000);
  const ask = {
    method: 'POST',
    body: Buffer.alloc(size, 7),
    headers: { 'content-type': 'application/octet-stream' },
  };
  const { status, body } = await call(company, state, 'upload', '/bff/api/own/mirror', [200], ask);
  if (status === 200 && body.length !== size) company.tally.unexpected('an upload came back cut');
}

/** Read to its end, or left in the middle. */
async function stream({ url, tally, chance }: Company, { user, visit, nth }: State): Promise<void> {
  const read = await reading(url, visit, '/bff/api/live/x?count=5&everyMs=200');
  const { status } = read;
  tally.answered({ what: 'stream', status }, 0);
  if (status === 401 && user.mayBeOver) return;
  if (isTooMuch(status)) return tally.tooMuch();
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
  const one = () => call(company, state, 'call', '/bff/api/own/echo');
  await Promise.all(Array.from({ length: 4 }, one));
}
