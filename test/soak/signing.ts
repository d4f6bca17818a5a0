// Signing in and out, and the way to a second factor.
import { sessionName } from '#test/support/running.ts';
import { ask } from './asking.ts';
import type { Company, State } from './company.ts';
import { bind } from './device.ts';
import { codeOf, timed } from './timed.ts';

const factor = { code: '123456' };
const secured = '/bff/api/myaccount/profile';

export async function signIn(company: Company, state: State): Promise<void> {
  const { tally } = company;
  const { user, visit } = state;
  user.mayBeOver = false;
  // Sessions that others end at once look like a loop; nobody waits until the page that ends it has expired.
  visit.forget('__Host-Http-bff-tries');
  const { status, url } = await timed(tally, 'sign in', () => visit.signIn(user.name));
  if (visit.cookie(sessionName) !== undefined) return bind(company, state);
  if (user.mayBeOver || status >= 502) return;
  const error = url.searchParams.get('login_error') ?? '';
  tally.unexpected(`a sign-in ended with ${status} at ${url.pathname} ${error}`);
}

export async function signOut(company: Company, state: State): Promise<void> {
  await ask(company, state, {
    what: 'sign out',
    method: 'POST',
    path: '/bff/logout',
    expected: [204],
  });
  state.visit.forget(sessionName);
}

/** What needs a second factor, and the way there. */
export async function stepUp(company: Company, state: State): Promise<void> {
  const { user, visit } = state;
  const asked = await ask(company, state, { what: 'step-up', path: secured, expected: [200, 401] });
  if (codeOf(asked) !== 'step_up_required') return;
  const { login_url: login } = asked.json<{ login_url: string }>();
  await timed(company.tally, 'second factor', () => visit.signIn(user.name, { login, factor }));
  await bind(company, state);
  await ask(company, state, { what: 'stepped up', path: secured });
}
