// The authorization server signs somebody out of the app, and comes again until the product says that it is done.
import { logoutRequest } from '#infra/local/okta/index.ts';
import type { Exchange, SessionRecorded } from '#test/faults/recording/recording.ts';
import { logoutToken, sendLogoutToken } from '#test/support/logout-token.ts';
import type { Answer } from '#test/support/visitor.ts';
import type { Company } from './company.ts';

const mostTries = 6;

type Sends = Pick<Exchange, 'act' | 'user' | 'method' | 'path'> & {
  send: () => Promise<Answer>;
  done: number[];
};

async function untilDone(
  { recorder, pause, goesOn }: Company,
  { send, done, ...asked }: Sends,
  why: string,
  of: (session: SessionRecorded) => boolean,
): Promise<void> {
  const ending = recorder.ending(why, of);
  for (let tries = 0; tries < mostTries; tries++) {
    const { exchange } = await recorder.exchange({ ...asked, again: tries > 0 }, send);
    if (done.includes(exchange.status ?? 0)) {
      ending.confirm();
      break;
    }
    if (exchange.status !== undefined && exchange.status < 500) break;
    if (!goesOn()) break;
    await pause(300);
  }
  ending.finish();
}

/** Universal Logout: a Global Token Revocation request for one user. */
export async function universalLogout(company: Company, user: string): Promise<void> {
  const { world } = company;
  const path = '/bff/global-token-revocation';
  const send = async () => {
    const { bearer, body } = await logoutRequest(world.okta.servers.org, {
      url: `${world.url}${path}`,
      clientId: world.system.config.clientId,
      user,
    });
    return world.visitor().send(path, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  };
  const sends: Sends = { act: 'universal_logout', user, method: 'POST', path, send, done: [204] };
  await untilDone(company, sends, 'universal logout', (one) => one.user === user);
}

/** Back-Channel Logout of one session. */
export async function backChannelLogout(company: Company, session: SessionRecorded): Promise<void> {
  const { world, recorder } = company;
  const { user, name } = session;
  const sid = recorder.sidOf(name);
  if (sid === undefined) return;
  // The same token comes again, as after a lost answer.
  const token = await logoutToken(world.system, { sid, sub: world.idOf(user) });
  const sends: Sends = {
    act: 'back_channel',
    user,
    method: 'POST',
    path: '/bff/backchannel-logout',
    send: () => sendLogoutToken(world, token),
    done: [200],
  };
  await untilDone(company, sends, 'back-channel logout', (one) => recorder.sidOf(one.name) === sid);
}

/** Front-Channel Logout of one session: the page of the authorization server loads an iframe. */
export async function frontChannelLogout(
  company: Company,
  session: SessionRecorded,
): Promise<void> {
  const { world, recorder } = company;
  const { user, name } = session;
  const sid = recorder.sidOf(name);
  if (sid === undefined) return;
  const path = '/bff/frontchannel-logout';
  const query = new URLSearchParams({ iss: world.issuer, sid });
  const sends: Sends = {
    act: 'front_channel',
    user,
    method: 'GET',
    path,
    send: () => world.visitor().send(`${path}?${query}`),
    done: [200],
  };
  await untilDone(
    company,
    sends,
    'front-channel logout',
    (one) => recorder.sidOf(one.name) === sid,
  );
}
