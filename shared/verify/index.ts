// `okta-dpop-bff/verify`: the check of DPoP proofs and access tokens for any API that runs on Node (docs/own-apis.md).
export { dynamodbReplay, type ReplayPut } from '#adapters/table/replay.ts';
export type {
  Accepted,
  Access,
  ApiSettings,
  Introspection,
  Needs,
  NonceIssuer,
  Reason,
  Refused,
  ReplayStore,
  TokenType,
  Verdict,
} from '#core/resource-server/request-verifier.ts';
export { clientSecretBasic } from './client-secret.ts';
export { accessOf, expressDpop, fastifyDpop, honoDpop } from './frameworks.ts';
export { hmacNonces } from './hmac-nonces.ts';
export { refusalResponse, sendRefusal } from './refusal.ts';
export type { FetchRequest, NodeRequest } from './requests.ts';
export { type VerifyOptions, verifyDpop } from './verify.ts';
