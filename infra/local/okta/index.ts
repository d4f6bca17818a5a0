// The Okta stand-in's front door.
export type { EventFeed, OktaEvent } from './events.ts';
export type { FaultName, Faults } from './faults.ts';
export type { OktaClient, OktaOptions } from './options.ts';
export { type Person, people, sampleCode, samplePassword } from './people.ts';
export {
  type ResourceServer,
  type ResourceServerOptions,
  startResourceServer,
} from './resource-server.ts';
export { type Okta, startOkta } from './server.ts';
export { logoutRequest, type UniversalLogout } from './universal-logout.ts';
