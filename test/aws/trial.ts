// What happens in the real account, from the first deployment to the last key, by collaborators that only the real run
// has. Whatever fails or stops it, everything is removed again.
import type { Person } from './terminal.ts';

export interface Trial extends Pick<Person, 'ask'> {
  /** Deploys for a public origin, and returns the outputs of the broker's stack. */
  deploy(publicOrigin: string): Promise<Record<string, string>>;
  /** Runs the operator's command. */
  operator(...words: string[]): Promise<void>;
  keys(): Promise<ListedKey[]>;
  /** The status of `GET url`. */
  status(url: string): Promise<number>;
  /** Tells the authorization server about the app, or asks the person to. */
  register(app: App): Promise<void>;
  /** Waits until each stack can be deleted. */
  untilDeletable(): Promise<void>;
  destroy(): Promise<void>;
  /** Schedules the deletion of the keys that belong to no stack. */
  deleteKeys(): Promise<unknown>;
}

export interface ListedKey {
  id: string;
  use: string;
  state: string;
}

export interface App {
  redirectUri: string;
  signOutRedirectUri: string;
  jwksUri: string;
}

/** An origin that leads nowhere: CloudFront's name is known after the first deployment only. */
export const placeholder = 'https://placeholder.invalid';

export async function tryOut(trial: Trial): Promise<void> {
  try {
    await journey(trial);
    console.log('\nAll of it worked. Now everything goes.');
  } finally {
    await trial.untilDeletable();
    await trial.destroy();
    await trial.deleteKeys();
  }
}

/** A navigation to /bff/session is refused, as a page elsewhere would be: it takes the header, and so the console. */
const session = "await (await fetch('/bff/session', { headers: { 'X-BFF-CSRF': '1' } })).json()";

async function journey({ deploy, operator, keys, ask, register, status }: Trial): Promise<void> {
  const first = await deploy(placeholder);
  const origin = `https://${first.DistributionDomain}`;
  const { RedirectUri = '', SignOutRedirectUri = '', JwksUri = '' } = await deploy(origin);
  await register({
    redirectUri: RedirectUri,
    signOutRedirectUri: SignOutRedirectUri,
    jwksUri: JwksUri,
  });
  await ask(`Open ${origin}/bff/login and sign in. You land on a page of S3 that says no: there is no app.
>> In its console, this must say authenticated: ${session}`);
  await operator('status');
  await operator('keys', 'rotate', '--reason', 'smoke test');
  await ask(
    `In the console again: still authenticated. Open ${origin}/bff/login again: the new key signs`,
  );
  const dpop = (await keys()).filter(({ use }) => use === 'dpop');
  if (!dpop.some(({ state }) => state === 'draining')) {
    throw new Error('no DPoP key drains after the rotation');
  }
  const active = dpop.find(({ state }) => state === 'active');
  if (!active) throw new Error('no DPoP key is active after the rotation');
  await operator('keys', 'disable', active.id, '--now', '--yes', '--reason', 'smoke test');
  await ask('In the console again: no longer authenticated');
  const health = await status(`${origin}/bff/health`);
  if (health !== 200) throw new Error(`/bff/health answers ${health}`);
}
