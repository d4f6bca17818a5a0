// The parts of the benchmark that need the whole local system.
import { startSystem } from '#infra/local/run/system.ts';
import { visitor } from '#test/support/visitor.ts';

// On a slow machine, too, all 50 calls are answered within the life of the one renewed token.
const tokenSeconds = 5;

const anyPorts = { port: 0, oktaPort: 0, lambdaPort: 0 };

/** Token calls that 50 parallel calls over 8 environments make when the access token is over. */
export async function oneRenewal(): Promise<number> {
  const system = await startSystem({
    ...anyPorts,
    containers: 8,
    okta: { accessTokenSeconds: tokenSeconds },
  });
  try {
    const ada = visitor(system.url);
    await ada.signIn('ada');
    const calls = () =>
      Promise.all(Array.from({ length: 50 }, () => ada.fetch('/bff/api/v1/users/me')));
    // The environments are warm, and Okta has told its nonce, before the token is over.
    await calls();
    await new Promise((resolve) => setTimeout(resolve, (tokenSeconds + 0.5) * 1000));
    const before = refreshes(system);
    const answers = await calls();
    const failed = answers.filter(({ status }) => status !== 200);
    if (failed.length > 0) throw new Error(`${failed.length} of 50 calls failed`);
    return refreshes(system) - before;
  } finally {
    await system.close();
  }
}

const refreshes = ({ okta }: Awaited<ReturnType<typeof startSystem>>): number =>
  okta?.events
    .list()
    .filter(
      ({ kind, grantType, status }) =>
        kind === 'token' && grantType === 'refresh_token' && status === 200,
    ).length ?? 0;

/** A signed-in user behind the gateway, whose route leads to the benchmark's upstream. */
export async function throughGateway(upstream: string) {
  const system = await startSystem({
    ...anyPorts,
    containers: 4,
    config: { routes: [{ path: '/bff/api/*', upstream, wholeHost: true }] },
  });
  const ada = visitor(system.url);
  await ada.signIn('ada');
  return {
    url: system.url,
    headers: {
      cookie: `__Host-Http-bff=${ada.cookie('__Host-Http-bff')}`,
      'x-bff-csrf': '1',
      'sec-fetch-site': 'same-origin',
    },
    close: () => system.close(),
  };
}
