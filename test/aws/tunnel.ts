// The stand-in of Okta for a broker in AWS, behind a tunnel that the person runs. It is on the public Internet for as
// long as this runs, so it has a password of its own, signs nobody in without it, and serves no switchboard. It knows one
// app, whose stack is destroyed afterwards.
import { randomBytes } from 'node:crypto';
import { startOkta } from '#infra/local/okta/index.ts';
import type { Person } from './terminal.ts';
import type { App } from './trial.ts';

export interface OpenTunnel {
  issuer: string;
  clientId: string;
  password: string;
  register(app: App): void;
  close(): Promise<void>;
}

export async function openTunnel(given: {
  origin: string;
  port: number;
  clientId: string;
  ask: Person['ask'];
}): Promise<OpenTunnel> {
  const { origin, port, clientId, ask } = given;
  const password = randomBytes(12).toString('base64url');
  const okta = await startOkta({ port, tunnel: { origin, password } });
  try {
    await ask(
      `Let ${origin} lead to ${okta.url}. To sign in there later: ada, password ${password}`,
    );
    const fault = await tunnelFault(origin, okta.url);
    if (fault) throw new Error(fault);
  } catch (error) {
    await okta.close();
    throw error;
  }
  return {
    issuer: okta.issuer,
    clientId,
    password,
    register({ redirectUri, signOutRedirectUri, jwksUri }) {
      okta.clients.set(clientId, {
        clientId,
        clientAuth: 'private_key_jwt',
        redirectUris: [redirectUri],
        postLogoutRedirectUris: [signOutRedirectUri],
        jwksUri,
      });
    },
    close: () => okta.close(),
  };
}

/** Only the stand-in that we started has these keys. */
const keysPath = '/oauth2/v1/keys';

/** Returns undefined when the origin leads to the stand-in. */
async function tunnelFault(origin: string, url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(origin + keysPath, { signal: AbortSignal.timeout(10_000) });
    const here = await (await fetch(url + keysPath)).text();
    if ((await answer.text()) === here) return undefined;
    return `${origin} does not lead to ${url}: something else answers there, with ${answer.status}`;
  } catch (error) {
    const { message, cause } = error as Error;
    return `${origin} does not answer: ${cause instanceof Error ? cause.message : message}`;
  }
}
