// Every event that is ever logged. The log call is typed by this table, the log lines and their metrics derive from it, the
// alarms and the dashboard take the names of metrics from it, and docs/events.md is written from it (npm run docs).
// An event is counted under its name. Nothing secret or personal fits into a field (lib/plain.ts).
import type { ErrorCode } from './errors.ts';
import {
  count,
  type EventKind,
  type Field,
  type FieldsOf,
  flag,
  frames,
  type MetricOf,
  measured,
  ms,
  type None,
  oneOf,
  optional,
  status,
  text,
} from './event-fields.ts';
import type { RegisteredError } from './issuer/oauth-error.ts';
import type { Reason } from './resource-server/refusals.ts';

/** The namespace of the metrics. */
export const metricsNamespace = 'OktaDpopBff';

const use = oneOf('dpop', 'assertion');
const role = oneOf('as', 'rs');
const oauthError: Field<RegisteredError> = { shape: 'registered OAuth error' };
const refusal: Field<RegisteredError | 'login_failed' | 'loop' | 'unknown_transaction'> = {
  shape: 'login_failed, loop, unknown_transaction or a registered OAuth error',
};
const errorCode: Field<ErrorCode> = { shape: 'error code' };
const refusedFor: Field<Reason> = { shape: 'reason of core/resource-server/refusals.ts' };

export const events = {
  // Sign-in
  'login.started': {
    level: 'info',
    fields: {},
    when: 'A browser is sent to the authorization server.',
  },
  'login.completed': { level: 'info', fields: {}, when: 'A sign-in opened a session.' },
  'login.rejected': {
    level: 'info',
    fields: { code: refusal, reason: optional(text) },
    when: 'A sign-in ended without a session.',
    act: 'Read `code` and `reason`.',
  },
  'login.untrusted': {
    level: 'warn',
    fields: { reason: text },
    when: 'The server answered a sign-in with tokens that must not be used. They are revoked.',
    act: 'Compare the app at the server with the configuration.',
  },
  'login.started_over': {
    level: 'info',
    fields: {},
    when: 'The key of a sign-in under way was taken out, so it began again with another.',
  },
  'login.par_refused': {
    level: 'info',
    fields: { status, error: optional(oauthError) },
    when: 'The PAR endpoint refused the parameters of a sign-in.',
    act: 'Read `error`: the server names what it does not accept.',
  },
  'userinfo.refused': {
    level: 'info',
    fields: { reason: text },
    when: 'UserInfo described another user, so its claims are left out.',
    act: 'Report it to whoever runs the server.',
  },
  'userinfo.failed': {
    level: 'info',
    fields: {},
    when: 'UserInfo did not answer, so its claims are left out.',
  },

  // Renewal
  'refresh.won': { level: 'info', fields: {}, when: 'A session was renewed.' },
  'refresh.waited': {
    level: 'info',
    fields: {},
    when: 'A call waited for another call to renew the session.',
  },
  'refresh.failed': {
    level: 'info',
    fields: { status, reason: optional(text) },
    when: 'The server decided nothing about a renewal. The session stays.',
    act: 'Read `status`: 429 is a rate limit, 5xx an outage, 0 a failed connection.',
  },
  'refresh.refused': {
    level: 'info',
    fields: {
      error: { shape: `${oauthError.shape}, or other` } as Field<RegisteredError | 'other'>,
    },
    when: 'The server refused a renewal with an error that does not concern the session. It stays.',
    act: 'Read `error`: `invalid_client` is a key or secret that the server does not know.',
  },
  'refresh.untrusted': {
    level: 'warn',
    fields: { reason: text },
    when: 'The server answered a renewal with tokens that must not be used. The session ends.',
    act: 'Compare the app at the server with the configuration.',
  },
  'refresh.not_rebound': {
    level: 'info',
    fields: {},
    when: 'The server does not let a session move to the active key, so it stays on its own key.',
    act: 'Set `dpop.rebindOnRefresh` to false for this server.',
  },
  'refresh.later_auth_time': {
    level: 'info',
    fields: {},
    when: 'A renewed ID token has a later `auth_time`. The first one is kept.',
  },
  'issuer.keys_unavailable': {
    level: 'warn',
    fields: { at: oneOf('login', 'refresh', 'logout_token', 'universal_logout'), reason: text },
    when: 'A token cannot be judged, because the key set of the server is not available.',
    act: 'Check that `jwks_uri` answers.',
  },

  // Sessions bound to a device
  'device.bound': {
    level: 'info',
    fields: {},
    when: 'A browser bound its session to a key of its device.',
  },
  'device.refreshed': {
    level: 'info',
    fields: {},
    when: 'A browser proved its device, and got a bound cookie for ten more minutes.',
  },
  'device.proof_refused': {
    level: 'info',
    fields: {
      reason: oneOf(
        'missing',
        'malformed',
        'key',
        'signature',
        'challenge',
        'late',
        'already_bound',
        'not_bound',
      ),
    },
    when: 'A proof of a device was not accepted. The session stays, and the browser may try again.',
    act: 'Read `reason`. Many `signature` or `already_bound`: somebody tries copied cookies.',
  },
  'device.skipped': {
    level: 'info',
    fields: { reason: oneOf('unreachable', 'server_error', 'quota_exceeded') },
    when: 'A browser says why it could not renew its bound cookie. Its call was refused.',
    act: '`unreachable` or `server_error`: see whether /bff/device/refresh answers.',
  },

  // Sessions that end
  'session.ended': {
    level: 'info',
    fields: {
      why: oneOf(
        'signed_out',
        'replaced',
        'invalid_grant',
        'untrusted_response',
        'refused',
        'token_expired',
        'revoked',
        'back_channel',
        'front_channel',
        'universal_logout',
        'operator',
        'key_disabled',
      ),
    },
    when: 'A session was ended: one event for each, whoever ends it.',
  },
  'revocation.failed': {
    level: 'info',
    fields: { status, error: optional(oauthError) },
    when: 'The server did not revoke a token. It expires by itself, and its session is gone.',
  },
  'logout_token.refused': {
    level: 'info',
    fields: { reason: text },
    when: 'A back-channel logout token failed a check, so nothing ended.',
    act: 'Read `reason`. Many bad signatures mean that somebody is guessing.',
  },
  'universal_logout.received': {
    level: 'info',
    fields: { sessions: count },
    when: 'Universal Logout named a user. `sessions` were found.',
  },
  'universal_logout.refused': {
    level: 'info',
    fields: { reason: text },
    when: 'A Universal Logout request failed a check, so nothing ended.',
    act: 'Read `reason`, and compare the endpoint and issuer at Okta.',
  },

  // Calls
  'proxy.completed': {
    level: 'info',
    fields: {
      route: text,
      method: text,
      status,
      totalMs: measured(ms),
      storeMs: measured(ms),
      signerMs: measured(ms),
      tokenMs: ms,
      upstreamMs: measured(ms),
      retries: measured(count),
      nonceHit: measured(flag),
      speculationHit: measured(flag),
      trace: text,
    },
    when: 'A call to an API was answered, by the API or by the broker.',
    act: 'The times say which part is slow.',
  },
  'stream.ended': {
    level: 'info',
    fields: {
      route: text,
      why: oneOf(
        'complete',
        'session_ended',
        'time_up',
        'client_left',
        'too_many_streams',
        'device_not_proven',
        'upstream_failed',
        'store_unavailable',
      ),
      bytes: count,
      totalMs: ms,
    },
    when: 'A stream reached its end or was cut.',
  },
  'nonce.challenged': {
    level: 'info',
    fields: { role },
    when: 'A server asked for a DPoP nonce, which costs a second signature.',
  },
  'nonce.malformed': {
    level: 'info',
    fields: { role },
    when: 'A server sent a DPoP nonce that no header may have. It is not used.',
    act: 'Report it to whoever runs that server.',
  },
  'signer.failed_over': {
    level: 'info',
    fields: {},
    when: 'KMS of the home Region did not sign, so a replica did.',
    act: 'Look at the health of KMS in the home Region.',
  },
  'request.failed': {
    level: 'by code',
    countedAs: 'failed',
    fields: {
      code: errorCode,
      reason: optional(text),
      error: optional(text),
      cause: optional(text),
      at: optional(frames),
    },
    when: 'A request was answered with a problem.',
    act: 'Read `code`, `reason` and `cause`. `internal` has our stack frames in `at`.',
  },
  'config.warning': {
    level: 'info',
    fields: { code: oneOf('no_email_scope') },
    when: 'The configuration is valid, but people would regret it. Once per environment.',
    act: "Follow the doctor's advice on this code.",
  },

  // The authorizer of your own API
  'api.accepted': { level: 'info', fields: {}, when: 'A call came with its token and proof.' },
  'api.bearer_accepted': {
    level: 'info',
    fields: {},
    when: 'A call came with a Bearer token, which `bearer: allow` lets in.',
    act: 'When no more of them come, the migration is over: set `bearer` to `deny`.',
  },
  'api.nonce_challenged': {
    level: 'info',
    fields: { reason: refusedFor },
    when: 'A proof had no nonce, or an old one. Its client gets the newest.',
  },
  'api.replayed': {
    level: 'info',
    fields: { reason: refusedFor },
    when: 'A proof was used a second time.',
    act: 'A client that repeats requests needs a new proof for each; otherwise somebody replays.',
  },
  'api.stolen': {
    level: 'info',
    fields: { reason: refusedFor },
    when: 'A token came without the key that it is bound to.',
    act: 'Find out where the token leaked, and end its sessions.',
  },
  'api.bearer_refused': {
    level: 'info',
    fields: { reason: refusedFor },
    when: 'A call came with a Bearer token that is bound to no key.',
    act: 'Its client has not moved to DPoP.',
  },
  'api.scope_refused': {
    level: 'info',
    fields: { reason: refusedFor },
    when: 'A token lacks a scope of the route, or the route is not configured.',
  },
  'api.proof_refused': {
    level: 'info',
    fields: { reason: refusedFor },
    when: 'A proof failed another check.',
    act: 'Read `reason`: a client is misconfigured.',
  },
  'api.token_refused': {
    level: 'info',
    fields: { reason: refusedFor },
    when: 'An access token failed a check.',
    act: 'Read `reason`.',
  },
  'api.not_judged': {
    level: 'warn',
    fields: { reason: refusedFor },
    when: 'Something that a verdict needs was unavailable, so the call was refused.',
    act: 'Read `reason`: keys of the issuer, DynamoDB or KMS.',
  },

  // Keys
  'keys.dpop.reported': {
    level: 'info',
    fields: {
      keys: count,
      ageDays: optional(measured(count)),
      sessions: measured(count),
      drainingSessions: measured(count),
    },
    when: 'Every hour: the age of the active DPoP key, and the sessions on it and on older keys.',
  },
  'keys.assertion.reported': {
    level: 'info',
    fields: { keys: count, ageDays: optional(measured(count)) },
    when: 'Every hour: the age of the key of client assertions.',
  },
  'keys.active_unusable': {
    level: 'info',
    fields: { use },
    when: 'The active key is missing, disabled or being deleted.',
    act: '`keys enable` or `keys rotate`.',
  },
  'keys.rotation_started': { level: 'info', fields: { use }, when: 'A rotation began.' },
  'keys.rotation_published': {
    level: 'info',
    fields: { use },
    when: 'The next key signs, and waits until it becomes active.',
  },
  'keys.rotated': { level: 'info', fields: { use }, when: 'The next key became active.' },
  'keys.rotation_overdue': {
    level: 'info',
    fields: { use, ageDays: count },
    when: 'The active key is three days older than `keyRotation.everyDays`.',
    act: '`status` says what is in the way.',
  },
  'keys.rotation_stuck': {
    level: 'info',
    fields: { use, step: oneOf('planned', 'making', 'proving', 'published'), minutes: count },
    when: 'A rotation has not moved for an hour.',
    act: '`keys rotate --take-over` continues it, `--cancel` gives it up.',
  },
  'keys.rotation_cancelled': { level: 'info', fields: { use }, when: 'A rotation was cancelled.' },
  'keys.rotation_rolled_back': {
    level: 'info',
    fields: { use },
    when: 'A rotation failed, so its new key ends unused. The active key stays.',
    act: 'The answer of the command says why. Rotate again when that is resolved.',
  },
  'keys.activated': {
    level: 'info',
    fields: { use },
    when: 'An operator made another key the active one.',
  },
  'keys.retired': {
    level: 'info',
    fields: { use },
    when: 'A key that no session needs was disabled. It can still be enabled again.',
  },
  'keys.deletion_scheduled': {
    level: 'info',
    fields: { use },
    when: 'KMS will delete a retired key.',
    act: 'Until then `keys enable` undoes it.',
  },
  'keys.disabled': {
    level: 'info',
    fields: { use, sessions: count, signing: oneOf('stopped', 'unknown') },
    when: 'The kill switch took out a key. `sessions` ended, each with its own `session.ended`.',
    act: 'When `signing` is `unknown`, run it again at once.',
  },
  'keys.enabled': { level: 'info', fields: { use }, when: 'A key that was taken out signs again.' },
  'operator.acted': {
    level: 'info',
    fields: {
      action: oneOf(
        'list',
        'status',
        'rotate',
        'cancel',
        'retire',
        'disable',
        'enable',
        'activate',
        'replicate',
        'tend',
        'sessions',
        'revoke',
        'proof',
      ),
      actor: text,
      reason: text,
      outcome: oneOf('done', 'waiting', 'refused', 'failed'),
      code: text,
      use: optional(use),
      key: optional(text),
      whose: optional(text),
      method: optional(text),
      origin: optional(text),
      dryRun: optional(flag),
    },
    when: 'The audit record: who did what with keys and sessions, and why.',
    act: 'Compare it with CloudTrail, which records who invoked the function.',
  },
} as const satisfies Record<string, EventKind>;

type Events = typeof events;
export type EventName = keyof Events;
export type EventFields<N extends EventName> = FieldsOf<Events[N]>;
export type MetricName = { [N in EventName]: MetricOf<N, Events[N]> }[EventName];

/** Why a session ended. */
export type WhyEnded = EventFields<'session.ended'>['why'];

/** Failures are logged where they are answered (shared/log.ts). */
type Logged = Exclude<EventName, 'request.failed'>;
type Bare = { [N in Logged]: None extends EventFields<N> ? N : never }[Logged];

export interface LogEvent {
  (name: Bare): void;
  <N extends Logged>(name: N, fields: EventFields<N>): void;
}
