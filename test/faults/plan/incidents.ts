// What happens beside the requests: how often in a phase, and to whom.
import type { Chance } from './chance.ts';

type OfUser =
  | 'universal_logout'
  | 'back_channel_logout'
  | 'front_channel_logout'
  | 'issuer_revokes'
  | 'operator_revokes';

export type Incident =
  | { kind: 'kill'; function: string; nth: number }
  | { kind: OfUser; user: number }
  | { kind: 'everything_dies' | 'region_dies' | 'nonces_rotate' }
  | { kind: 'key_rotates' | 'kill_switch'; use: 'dpop' | 'assertion' };

export interface PlannedIncident {
  incident: Incident;
  /** When in its phase, from 0 to 1. */
  at: number;
}

type Draw = (lot: Chance, names: string, users: number) => Incident;

const killed = [
  'proxy',
  'proxy',
  'auth',
  'auth',
  'stream',
  'machine',
  'keys',
  'apiAuthorizer',
] as const;

const kill: Draw = (lot, names) => ({
  kind: 'kill',
  function: lot.pick(killed, names, 'function'),
  nth: Math.floor(lot.of(names, 'nth') * 8),
});

const ofUser =
  (kind: OfUser): Draw =>
  (lot, names, users) => ({ kind, user: Math.floor(lot.of(names, 'user') * users) });

const always =
  (incident: Incident): Draw =>
  () =>
    incident;

const incidents: [often: number, draw: Draw][] = [
  [0.7, kill],
  [0.7, kill],
  [0.12, ofUser('universal_logout')],
  [0.1, ofUser('issuer_revokes')],
  [0.08, ofUser('operator_revokes')],
  [0.1, always({ kind: 'nonces_rotate' })],
  [0.1, always({ kind: 'key_rotates', use: 'dpop' })],
  [0.06, always({ kind: 'key_rotates', use: 'assertion' })],
  [0.12, ofUser('back_channel_logout')],
  [0.12, ofUser('front_channel_logout')],
  [0.05, always({ kind: 'kill_switch', use: 'dpop' })],
  [0.05, always({ kind: 'kill_switch', use: 'assertion' })],
  [0.06, always({ kind: 'everything_dies' })],
  [0.1, always({ kind: 'region_dies' })],
];

export const incidentsOf = (lot: Chance, phase: number, users: number): PlannedIncident[] =>
  incidents.flatMap(([often, draw], at) => {
    const names = `incident ${phase} ${at}`;
    if (lot.of(names) >= often) return [];
    return [{ incident: draw(lot, names, users), at: lot.of(names, 'when') }];
  });
