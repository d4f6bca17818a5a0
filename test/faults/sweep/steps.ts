// The steps that are swept: what somebody does, from where, and what must hold when it is over.
import * as calls from '#test/faults/actors/calls.ts';
import * as device from '#test/faults/actors/device.ts';
import * as logouts from '#test/faults/actors/logouts.ts';
import * as operator from '#test/faults/actors/operator.ts';
import { pass } from '#test/faults/actors/origin.ts';
import { signOut } from '#test/faults/actors/sign-out.ts';
import { stepUp } from '#test/faults/actors/step-up.ts';
import type { Client } from '#test/faults/world/configuration.ts';
import type { FunctionName } from '#test/faults/world/environments.ts';
import { arrive, type Scene } from './scene.ts';

export interface Step {
  name: string;
  /** The functions that do it. */
  runs: readonly FunctionName[];
  /** What becomes of the session. */
  session: 'begins' | 'lives' | 'ends';
  client?: Client;
  /** Shorter than the step waits: its token has expired. Default: a minute. */
  tokenSeconds?: number;
  /** Before anything is counted. */
  prepare?(scene: Scene): Promise<unknown>;
  act(scene: Scene): Promise<unknown>;
}

const forever = () => true;

const call =
  (one: calls.Call) =>
  ({ company, caller }: Scene) =>
    one(company, caller());

const expiring = {
  session: 'lives',
  tokenSeconds: 2,
  prepare: ({ company }: Scene) => company.pause(2_100),
} as const;

const out =
  (how: 'fetch' | 'form') =>
  ({ company, visit, current }: Scene) =>
    signOut(company, visit, current(), how);

async function bind(scene: Scene): Promise<void> {
  const { company, visit, offer } = scene;
  scene.bound = await device.bind(company, visit, scene.current(), offer());
}

export const steps: Step[] = [
  { name: 'sign-in', runs: ['auth'], session: 'begins', act: arrive },
  { name: 'renewal', runs: ['proxy'], ...expiring, act: call(calls.get) },
  { name: 'call', runs: ['proxy'], session: 'lives', act: call(calls.get) },
  { name: 'unsafe call', runs: ['proxy'], session: 'lives', act: call(calls.post) },
  { name: 'call of Okta’s API', runs: ['proxy'], session: 'lives', act: call(calls.oktaProfile) },
  {
    name: 'API authorizer',
    runs: ['proxy', 'apiAuthorizer'],
    session: 'lives',
    act: call(calls.orders),
  },
  {
    name: 'stream',
    runs: ['stream'],
    session: 'lives',
    act: ({ company, caller }) => calls.stream(company, caller(), 2),
  },
  { name: 'session', runs: ['auth'], session: 'lives', act: call(calls.session) },
  {
    name: 'step-up',
    runs: ['proxy', 'auth'],
    session: 'lives',
    async act(scene) {
      const { arrived } = await stepUp(scene.company, scene.caller(), scene.current());
      if (arrived) scene.enter(arrived);
    },
  },
  {
    name: 'binding',
    runs: ['auth'],
    session: 'lives',
    act: bind,
  },
  {
    name: 'bound cookie',
    runs: ['auth'],
    session: 'lives',
    prepare: bind,
    async act({ company, visit, current, bound }) {
      if (bound) await device.refresh(company, visit, current(), bound);
    },
  },
  { name: 'sign-out', runs: ['auth'], session: 'ends', act: out('fetch') },
  { name: 'sign-out by form', runs: ['auth'], session: 'ends', act: out('form') },
  {
    name: 'back-channel logout',
    runs: ['machine'],
    session: 'ends',
    act: ({ company, current }) => logouts.backChannelLogout(company, current()),
  },
  {
    name: 'front-channel logout',
    runs: ['machine'],
    session: 'ends',
    act: ({ company, current }) => logouts.frontChannelLogout(company, current()),
  },
  {
    name: 'universal logout',
    runs: ['machine'],
    session: 'ends',
    act: ({ company, user }) => logouts.universalLogout(company, user),
  },
  {
    name: 'revocation',
    runs: ['keys'],
    session: 'ends',
    act: ({ company, user }) => operator.revoke(company, user),
  },
  {
    name: 'rotation',
    runs: ['keys'],
    session: 'lives',
    act: ({ company }) => operator.rotate(company, 'dpop', forever),
  },
  {
    name: 'rotation of the client’s key',
    runs: ['keys'],
    session: 'lives',
    act: ({ company }) => operator.rotate(company, 'assertion', forever),
  },
  {
    name: 'kill switch',
    runs: ['keys'],
    session: 'ends',
    act: ({ company }) => operator.killSwitch(company, 'dpop', forever),
  },
  {
    name: 'sign-in with a secret',
    runs: ['auth'],
    session: 'begins',
    client: 'secret',
    act: arrive,
  },
  {
    name: 'renewal with a secret',
    runs: ['proxy'],
    ...expiring,
    client: 'secret',
    act: call(calls.get),
  },
  {
    name: 'admission of CloudFront',
    runs: ['authorizer'],
    session: 'lives',
    client: 'secret',
    async act({ company }) {
      await pass(company, 'origin');
      await pass(company, 'around_origin');
    },
  },
  {
    name: 'sign-out with a secret',
    runs: ['auth'],
    session: 'ends',
    client: 'secret',
    act: out('fetch'),
  },
];
