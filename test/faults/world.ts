// The local system as it is deployed, with something in front of everything that it depends on.
import { people } from '#infra/local/okta/people/people.ts';
import { startResourceServer } from '#infra/local/okta/resource/server.ts';
import { type System, startSystem } from '#infra/local/run/system.ts';
import { operating } from '#test/support/operating.ts';
import { part } from '#test/support/running.ts';
import { secretsOfThisProcess } from '#test/support/secrets.ts';
import { faultyAws } from './injectors/aws.ts';
import { faultyFront } from './injectors/http.ts';
import { slowMs, type WeatherVane } from './injectors/weather-vane.ts';
import type { Plan } from './plan/plan.ts';
import { stepAtApi, stepAtIssuer } from './recording/arrivals.ts';
import type { Recorder } from './recording/recorder.ts';

export type World = Awaited<ReturnType<typeof startWorld>>;

export interface WorldOptions {
  plan: Plan;
  recorder: Recorder;
  vane: WeatherVane;
  /** How many people can sign in. */
  users: number;
  tokenSeconds: number;
  /** How many of each function run at once. */
  environments: number;
}

/** Everybody's. */
export const password = 'the-password-of-everybody';

export const userName = (nth: number) => `user${nth}`;
const idOf = (nth: number) => `00u7faults${String(nth).padStart(4, '0')}local`;

export async function startWorld(options: WorldOptions) {
  const { plan, recorder, vane, users } = options;
  const admitted = admit(users);
  const watched = secretsOfThisProcess();
  recorder.recording.secrets = watched.secrets;
  let slow = 0;
  const front = { recorder, vane, slowMs: () => slowMs(plan, slow++) };
  const [issuer, api] = await Promise.all([
    faultyFront({ ...front, stepOf: stepAtIssuer }),
    faultyFront({ ...front, stepOf: stepAtApi }),
  ]);
  const system = await startSystem({
    port: 0,
    oktaPort: 0,
    lambdaPort: 0,
    containers: options.environments,
    idleMs: 20_000,
    okta: {
      tunnel: { origin: issuer.origin, password },
      accessTokenSeconds: options.tokenSeconds,
      keySetSeconds: 1,
    },
    orders: true,
    onLog: (name, line) => print(recorder, name, line),
  });
  const okta = part(system.okta);
  const orders = part(system.orders);
  issuer.target = okta.url;
  const resource = await startResourceServer({ okta, port: 0, origin: api.origin });
  api.target = resource.url;
  await system.redeploy(configuration(issuer.origin, api.origin, orders.origin));
  const operator = operating(system);
  faultyAws(part(system.dynamodb), 'dynamodb', front);
  faultyAws(part(system.kms), 'kms', front);

  return {
    url: system.url,
    issuer: issuer.origin,
    system,
    okta,
    orders,
    operator,
    ids: new Map(Array.from({ length: users }, (_, nth) => [userName(nth), idOf(nth)])),
    rotateNonces() {
      for (const { nonces } of Object.values(okta.servers)) nonces.reset();
      resource.nonces.reset();
    },
    async close() {
      operator.close();
      await system.close();
      await Promise.all([resource.close(), issuer.close(), api.close()]);
      watched.stop();
      admitted.leave();
    },
  };
}

function print({ now, recording }: Recorder, name: string, line: string): void {
  recording.lines.push(line);
  // On a busy machine an environment may not start in the time that Lambda allows.
  if (/timed out.*"requestId":"init"/.test(line)) {
    recording.kills.push({ at: now(), function: name });
  }
}

/** The stand-in knows four people; nobody could tell whose data came if all were one of them. */
function admit(users: number) {
  const added = Array.from({ length: users }, (_, nth) => ({
    username: userName(nth),
    id: idOf(nth),
    email: `${userName(nth)}@faults.example`,
    firstName: 'User',
    lastName: String(nth),
    note: '',
    admin: false,
    assigned: true,
    factors: [],
    alwaysSecondFactor: false,
  }));
  people.push(...added);
  return {
    leave() {
      for (const person of added) people.splice(people.indexOf(person), 1);
    },
  };
}

/** So that an API that hangs occupies its caller for no longer than the other faults. */
const timeoutMs = 2_500;

function configuration(
  issuer: string,
  api: string,
  orders: string,
): Parameters<System['redeploy']>[0] {
  const own = { upstream: api, wholeHost: true, resource: api, timeoutMs };
  return {
    scopes: [
      'openid',
      'profile',
      'email',
      'offline_access',
      'okta.users.read.self',
      'orders.read',
      'orders.write',
    ],
    streaming: true,
    streams: { checkSeconds: 1, maxSeconds: 60 },
    session: { deviceBound: 'prefer' },
    routes: [
      { path: '/bff/api/v1/*', upstream: `${issuer}/api/v1`, stream: false, timeoutMs },
      { path: '/bff/api/own/*', ...own, methods: ['GET', 'POST'], stream: false },
      { path: '/bff/api/live/*', ...own, upstream: `${api}/stream`, stream: true },
      {
        path: '/bff/api/shop/*',
        upstream: orders,
        wholeHost: true,
        methods: ['GET', 'DELETE'],
        resource: orders,
        stream: false,
      },
    ],
  };
}
