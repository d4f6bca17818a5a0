// The local system as it is deployed, with something in front of everything that it depends on.
import { clientSecretArn } from '#infra/local/aws/secrets.ts';
import { startResourceServer } from '#infra/local/okta/resource/server.ts';
import { type System, startSystem } from '#infra/local/run/system.ts';
import { faultyAws } from '#test/faults/injectors/aws.ts';
import { faultyFront } from '#test/faults/injectors/http.ts';
import type { WeatherVane } from '#test/faults/injectors/weather-vane.ts';
import { stepAtApi, stepAtIssuer } from '#test/faults/recording/arrivals.ts';
import type { Recorder } from '#test/faults/recording/recorder.ts';
import { operating } from '#test/support/operating.ts';
import { away } from '#test/support/regions.ts';
import { part } from '#test/support/running.ts';
import { secretsOfThisProcess } from '#test/support/secrets.ts';
import { visitor } from '#test/support/visitor.ts';
import { type Client, clientOf, configuration } from './configuration.ts';
import { environmentsOf } from './environments.ts';
import { admission, idOf, password } from './people.ts';
import { secondRegion, trafficOver } from './regions.ts';
import { sessionsOn } from './table.ts';

export type World = Awaited<ReturnType<typeof startWorld>>;

export interface WorldOptions {
  recorder: Recorder;
  vane: Pick<WeatherVane, 'next'>;
  slowMs: () => number;
  client: Client;
  regions: 1 | 2;
  tokenSeconds: number;
  /** How many of each function run at once. */
  environments: number;
}

export async function startWorld(options: WorldOptions) {
  const { recorder, client, environments: containers, regions } = options;
  const watched = secretsOfThisProcess();
  recorder.recording.secrets = watched.secrets;
  const [issuer, api] = await Promise.all([
    faultyFront({ ...options, stepOf: stepAtIssuer }),
    faultyFront({ ...options, stepOf: stepAtApi }),
  ]);
  const onLog = (name: string, line: string) => print(recorder, name, line);
  const system = await startSystem({
    port: 0,
    oktaPort: 0,
    lambdaPort: 0,
    containers,
    idleMs: 20_000,
    config: { ...clientOf(client), ...(regions === 2 && replicated) },
    okta: {
      tunnel: { origin: issuer.origin, password },
      accessTokenSeconds: options.tokenSeconds,
      keySetSeconds: 1,
    },
    orders: true,
    // No policy of one Region names the table of two; and here the origin's secret is the client's.
    strictIam: regions === 1 && client === 'key',
    variables: { BFF_ORIGIN_SECRETS: clientSecretArn },
    onLog,
  });
  const okta = part(system.okta);
  const orders = part(system.orders);
  const { admit, leave } = admission(okta.directory);
  issuer.target = okta.url;
  const resource = await startResourceServer({ okta, port: 0, origin: api.origin });
  api.target = resource.url;
  const config = {
    ...clientOf(client),
    ...configuration(issuer.origin, api.origin, orders.origin),
  };
  await system.redeploy(config);
  const operator = operating(system);
  if (regions === 2) await operator.drive({ action: 'replicate' });
  const other =
    regions === 2 ? await secondRegion(system, config, { containers, onLog }) : undefined;
  const systems: [System, ...System[]] = other ? [system, other] : [system];
  const traffic = trafficOver(systems);
  for (const name of ['dynamodb', 'kms', 'secrets'] as const) {
    const endpoint = system[name];
    if (endpoint) faultyAws(endpoint, name, options);
  }

  return {
    url: system.url,
    issuer: issuer.origin,
    system,
    okta,
    orders,
    operator,
    traffic,
    /** A client with a secret signs no assertion. */
    keysInUse: client === 'key' ? (['dpop', 'assertion'] as const) : (['dpop'] as const),
    environments: environmentsOf(systems, recorder),
    admit,
    idOf,
    visitor: () => visitor(system.url, traffic.reach),
    sessionsOn: (key: string) => sessionsOn(part(system.dynamodb).url, recorder, key),
    rotateNonces() {
      for (const { nonces } of Object.values(okta.servers)) nonces.reset();
      resource.nonces.reset();
    },
    async close() {
      operator.close();
      await other?.close();
      await system.close();
      await Promise.all([resource.close(), issuer.close(), api.close()]);
      watched.stop();
      leave();
    },
  };
}

const replicated = { dpop: { replicaRegions: [away] } };

function print({ now, recording }: Recorder, name: string, line: string): void {
  recording.lines.push(line);
  // On a busy machine an environment may not start in the time that Lambda allows.
  if (/timed out.*"requestId":"init"/.test(line)) {
    recording.kills.push({ at: now(), function: name });
  }
}
