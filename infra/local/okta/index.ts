// The Okta stand-in's front door.

export type { OktaClient, OktaOptions, Tunnel } from './options.ts';
export { type Person, people, sampleCode, samplePassword } from './people/people.ts';
export { logoutRequest, type UniversalLogout } from './people/universal-logout.ts';
export {
  type ResourceServer,
  type ResourceServerOptions,
  startResourceServer,
} from './resource/server.ts';
export { type Okta, startOkta } from './server/server.ts';
export type { EventFeed, OktaEvent } from './switchboard/events.ts';
export type { FaultName, Faults } from './switchboard/faults.ts';
