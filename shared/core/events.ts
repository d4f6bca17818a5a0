// Every event that is ever logged. The log call is typed by this table, the log lines and their metrics derive from it, the
// alarms and the dashboard take the names of metrics from it, and docs/events.md is written from it and from
// infra/event-meanings.ts (npm run docs).
// An event is counted under its name. Nothing secret or personal fits into a field (lib/plain.ts).
import type { ErrorCode } from './errors.ts';
import {
  count,
  dimension,
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
  'login.started': { level: 'info', fields: {} },
  'login.completed': { level: 'info', fields: {} },
  'login.rejected': { level: 'info', fields: { code: refusal, reason: optional(text) } },
  'login.untrusted': { level: 'warn', fields: { reason: text } },
  'login.started_over': { level: 'info', fields: {} },
  'login.par_refused': { level: 'info', fields: { status, error: optional(oauthError) } },
  'userinfo.refused': { level: 'info', fields: { reason: text } },
  'userinfo.failed': { level: 'info', fields: {} },

  // Renewal
  'refresh.won': { level: 'info', fields: {} },
  'refresh.waited': { level: 'info', fields: {} },
  'refresh.failed': { level: 'info', fields: { status, reason: optional(text) } },
  'refresh.paused': {
    level: 'info',
    fields: { seconds: count, whose: oneOf('one_user', 'everybody') },
  },
  'refresh.refused': {
    level: 'info',
    fields: {
      error: { shape: `${oauthError.shape}, or other` } as Field<RegisteredError | 'other'>,
    },
  },
  'refresh.untrusted': { level: 'warn', fields: { reason: text } },
  'refresh.not_rebound': { level: 'info', fields: {} },
  'refresh.later_auth_time': { level: 'info', fields: {} },
  'issuer.client_unknown': { level: 'info', fields: {} },
  'issuer.keys_unavailable': {
    level: 'warn',
    fields: { at: oneOf('login', 'refresh', 'logout_token', 'universal_logout'), reason: text },
  },

  // Sessions bound to a device
  'device.bound': { level: 'info', fields: {} },
  // Not a failed sign-in: under `require`, people with other browsers would set off that alarm day and night.
  'device.not_bound': { level: 'info', fields: {} },
  'device.refreshed': { level: 'info', fields: {} },
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
  },
  'device.not_proven': {
    level: 'info',
    fields: { cookie: oneOf('missing', 'unknown', 'ended') },
  },
  // Apart from the others: under `require` this is what other browsers get, and no sign of an attack.
  'device.locked_out': { level: 'info', fields: {} },
  'device.skipped': {
    level: 'info',
    fields: { reason: oneOf('unreachable', 'server_error', 'quota_exceeded') },
  },

  // Sessions that end
  'session.ended': {
    level: 'info',
    fields: {
      why: oneOf(
        'signed_out',
        'replaced',
        'not_bound',
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
  },
  'revocation.failed': { level: 'info', fields: { status, error: optional(oauthError) } },
  'logout_token.refused': { level: 'info', fields: { reason: text } },
  'universal_logout.received': { level: 'info', fields: { sessions: count } },
  'universal_logout.refused': { level: 'info', fields: { reason: text } },

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
  },
  'nonce.challenged': { level: 'info', fields: { role } },
  'nonce.malformed': { level: 'info', fields: { role } },
  'signer.failed_over': { level: 'info', fields: {} },
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
  },
  // The sums by key are compared with KMS's own (keys/signatures).
  'signatures.counted': {
    level: 'info',
    sumOf: 'signed',
    fields: {
      key: dimension(text),
      region: dimension(text),
      signed: count,
      unanswered: measured(count),
    },
  },
  'config.warning': { level: 'info', fields: { code: oneOf('no_email_scope', 'bound_over_http') } },

  // The authorizer of your own API
  'api.accepted': { level: 'info', fields: {} },
  'api.bearer_accepted': { level: 'info', fields: {} },
  'api.nonce_challenged': { level: 'info', fields: { reason: refusedFor } },
  'api.replayed': { level: 'info', fields: { reason: refusedFor } },
  'api.stolen': { level: 'info', fields: { reason: refusedFor } },
  'api.bearer_refused': { level: 'info', fields: { reason: refusedFor } },
  'api.scope_refused': { level: 'info', fields: { reason: refusedFor } },
  'api.proof_refused': { level: 'info', fields: { reason: refusedFor } },
  'api.token_refused': { level: 'info', fields: { reason: refusedFor } },
  'api.not_judged': { level: 'warn', fields: { reason: refusedFor } },

  // Keys
  'keys.dpop.reported': {
    level: 'info',
    fields: {
      keys: count,
      ageDays: optional(measured(count)),
      sessions: measured(count),
      drainingSessions: measured(count),
    },
  },
  'keys.assertion.reported': {
    level: 'info',
    fields: { keys: count, ageDays: optional(measured(count)) },
  },
  'keys.active_unusable': { level: 'info', fields: { use } },
  'keys.rotation_started': { level: 'info', fields: { use } },
  'keys.rotation_published': { level: 'info', fields: { use } },
  'keys.rotated': { level: 'info', fields: { use } },
  'keys.rotation_overdue': { level: 'info', fields: { use, ageDays: count } },
  'keys.rotation_stuck': {
    level: 'info',
    fields: { use, step: oneOf('planned', 'making', 'proving', 'published'), minutes: count },
  },
  'keys.rotation_cancelled': { level: 'info', fields: { use } },
  'keys.rotation_rolled_back': { level: 'info', fields: { use } },
  'keys.activated': { level: 'info', fields: { use } },
  'keys.retired': { level: 'info', fields: { use } },
  'keys.deletion_scheduled': { level: 'info', fields: { use } },
  'keys.disabled': {
    level: 'info',
    fields: { use, sessions: count, signing: oneOf('stopped', 'unknown') },
  },
  'keys.enabled': { level: 'info', fields: { use } },
  'signatures.compared': {
    level: 'info',
    fields: {
      key: text,
      region: text,
      hours: count,
      kms: optional(count),
      signed: count,
      unanswered: count,
      foreign: measured(count),
    },
  },
  'signatures.foreign': {
    level: 'warn',
    fields: { key: text, region: text, hours: count, foreign: count },
  },
  'signatures.unaccounted': {
    level: 'warn',
    fields: {
      key: text,
      region: text,
      hours: count,
      reason: oneOf('no_metric', 'fewer', 'unread'),
    },
  },
  'operator.acted': {
    level: 'info',
    fields: {
      action: oneOf(
        'list',
        'status',
        'signatures',
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
