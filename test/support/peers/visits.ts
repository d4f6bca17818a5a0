// What a person does with the application, at whatever server it signs in.
import { expect } from 'vitest';
import { type Running, sessionName } from '#test/support/running.ts';
import type { Answer, Visitor } from '#test/support/visitor.ts';
import { throughPages } from './pages.ts';
import type { App, ClientAuth, Peer } from './peer.ts';

/** Environments of each function: enough for races, and few enough for a small machine. */
export const containers = 3;

export type Session = {
  authenticated: boolean;
  user?: Record<string, unknown>;
  acr?: string;
};

/** Registers this run's application. The server fetches its keys with little patience: the function that has them is warm. */
export async function admit(
  run: Running,
  peer: Peer,
  auth: ClientAuth,
  more: Pick<App, 'tokenSeconds' | 'channel'> = {},
): Promise<void> {
  const origin = run.system.url;
  await fetch(`${origin}/bff/jwks`);
  await peer.admit({ auth, origin, ...more });
}

/** Signs in, in this browser or a new one, and returns where it ended up. */
export async function signIn(
  run: Running,
  peer: Peer,
  { visit = run.someone(), login = '/bff/login' }: { visit?: Visitor; login?: string } = {},
): Promise<{ visit: Visitor; page: Answer }> {
  const page = await visit.navigate(login);
  return { visit, page: await throughPages(visit, page, run.system.url, peer.user) };
}

/** What the functions complained of, for the message of a failed test. */
export const lastWords = (run: Running): string =>
  run.system.logs
    .map(({ line }) => line)
    .filter((line) => /"level":"(WARN|ERROR)"/.test(line) || /rejected|untrusted/.test(line))
    .slice(-5)
    .join('\n');

/** By the form that every page has. */
export async function signOut(run: Running, peer: Peer, visit: Visitor): Promise<Answer> {
  const page = await visit.navigate('/bff/logout', { form: {} });
  return throughPages(visit, page, run.system.url, peer.user);
}

export async function signedIn(run: Running, peer: Peer): Promise<Visitor> {
  const { visit, page } = await signIn(run, peer);
  if (!visit.cookie(sessionName)) {
    throw new Error(`nobody is signed in: ${page.url.href}\n${lastWords(run)}`);
  }
  return visit;
}

export const sessionOf = async (visit: Visitor): Promise<Session> =>
  (await visit.fetch('/bff/session')).json<Session>();

/** A call that the server itself answers, with the token and a proof. */
export const me = (visit: Visitor): Promise<Answer> => visit.fetch('/bff/api/me');

/** The route of that call. */
export const meRoute = (userinfo: string) => ({ path: '/bff/api/me', upstream: userinfo });

/** What the token endpoint was asked, but for challenges. */
export const grants = ({ front, paths }: Peer, type: string) =>
  front
    .to(paths.token)
    .filter(({ form }) => form.get('grant_type') === type)
    .filter(({ answer }) => !answer?.text.includes('use_dpop_nonce'));

/** The newest refresh token that the server gave. */
export function newestRefreshToken({ front, paths }: Peer): string | undefined {
  const given = front
    .to(paths.token)
    .map(({ answer }) => /"refresh_token"\s*:\s*"([^"]+)"/.exec(answer?.text ?? '')?.[1]);
  return given.findLast((token) => token !== undefined);
}

/** Nothing that came to the server carried a token without a proof. */
export function neverBearer({ front }: Peer): void {
  const schemes = front.seen.map(({ headers }) => headers.authorization?.split(' ')[0]);
  expect(schemes.filter((scheme) => /^bearer$/i.test(scheme ?? ''))).toEqual([]);
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
