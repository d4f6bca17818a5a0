// A person signs in: through the pages of the authorization server and back, and again where the product says so.
import { partitions } from '#adapters/table/schema.ts';
import { sessionIdOf } from '#core/session/session.ts';
import { sampleCode } from '#infra/local/okta/people/people.ts';
import type { SessionRecorded } from '#test/faults/recording/recording.ts';
import { password } from '#test/faults/world/people.ts';
import type { World } from '#test/faults/world/world.ts';
import { offeredIn } from '#test/support/device.ts';
import { sessionName } from '#test/support/running.ts';
import type { Answer, Visitor } from '#test/support/visitor.ts';
import type { Company } from './company.ts';

export interface SignedIn {
  session: SessionRecorded;
  /** The challenge by which the session can be bound to a device. */
  offer?: string;
}

const mostTries = 6;
const isCallback = (url: URL) => url.pathname === '/bff/callback';

/** Undefined: it did not work this time, and the product said so. */
export async function signIn(
  { world, recorder, pause }: Company,
  user: string,
  visit: Visitor,
  {
    previous,
    login = '/bff/login',
  }: { previous?: SessionRecorded | undefined; login?: string } = {},
): Promise<SignedIn | undefined> {
  // Nobody waits until the page that ends a loop has expired.
  visit.forget('__Host-Http-bff-tries');
  const beganAt = recorder.now();
  // The session that this browser has ends with the sign-in that replaces it.
  const replaced = recorder.ending('replaced', (one) => one === previous);
  const { answer } = await recorder.exchange(
    { act: 'login', user, method: 'GET', path: '/bff/login' },
    () => visit.navigate(login, { until: () => true }),
  );
  let next = addressIn(answer);
  for (let tries = 0; next && tries < mostTries; tries++) {
    if (!isCallback(next)) next = await throughPages(world, user, visit, next);
    if (!next) return undefined;
    const name = recorder.name(user);
    recorder.belongs(next.searchParams.get('code') ?? '', name);
    const callback = next;
    for (let again = false; ; again = true) {
      const { answer, exchange } = await recorder.exchange(
        { act: 'callback', user, method: 'GET', path: '/bff/callback', again },
        () => visit.navigate(callback.href, { from: world.issuer, until: () => true }),
      );
      // A page with 503 asks to be loaded again; so does what a crash leaves.
      if ((exchange.status ?? 500) < 500 || ++tries >= mostTries) {
        next = addressIn(answer);
        if (answer?.cookies.some((line) => line.startsWith(`${sessionName}=`))) {
          const session = recorder.session(name, user, beganAt);
          recorder.belongs(partitionOf(visit), name);
          replaced.confirm();
          const offer = offeredIn(answer);
          return { session, ...(offer && { offer }) };
        }
        break;
      }
      await pause(300);
    }
    // Started over: the product sent the browser to the authorization server once more.
    if (next?.origin !== world.issuer) return undefined;
  }
  return undefined;
}

async function throughPages(
  world: World,
  user: string,
  visit: Visitor,
  authorization: URL,
): Promise<URL | undefined> {
  let page = await visit.navigate(authorization.href, { until: isCallback });
  for (const form of formsFor(user, page)) {
    if (page.headers.location) break;
    page = await visit.navigate(page.url.href, { from: world.issuer, form, until: isCallback });
  }
  return addressIn(page);
}

/** The password, and then a code if the server asks for one; or only the code. */
function formsFor(username: string, { text }: Answer): Record<string, string>[] {
  const code = { code: sampleCode };
  return text.includes('name="username"') ? [{ username, password }, code] : [code];
}

/** Where the table keeps the session of the browser's cookie. */
const partitionOf = (visit: Visitor) =>
  `${partitions.session}${sessionIdOf(visit.cookie(sessionName) ?? '')}`;

function addressIn(answer: Answer | undefined): URL | undefined {
  const location = answer?.headers.location;
  return location ? new URL(location, answer.url) : undefined;
}
