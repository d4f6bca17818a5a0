// What the functions that pass calls on keep for the life of an environment, besides what every function has.
import type { Broker } from '#core/broker.ts';
import { type TokenFates, tokenFates } from './fates.ts';
import type { Send } from './forward.ts';
import { type SessionMemory, sessionMemory } from './speculation.ts';
import type { StreamLimits } from './stream.ts';
import { type RouteTable, routesOf } from './url/route-table.ts';

export interface ProxyEnvironment extends Broker {
  routes: RouteTable;
  memory: SessionMemory;
  fates: TokenFates;
  send: Send;
  /** The limits of the streaming front, which serves the streamed routes. The other front serves the rest. */
  streams?: StreamLimits;
}

export const proxyEnvironment = (
  broker: Broker,
  { send, streams }: Pick<ProxyEnvironment, 'send' | 'streams'>,
): ProxyEnvironment => ({
  ...broker,
  routes: routesOf(broker.config),
  memory: sessionMemory(),
  fates: tokenFates(),
  send,
  ...(streams && { streams }),
});
