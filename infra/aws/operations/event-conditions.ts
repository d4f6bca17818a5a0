// The alarms on what the functions count (shared/core/events.ts): when they go off, and what they say.
import { Duration } from 'aws-cdk-lib';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { MetricName } from '#core/events.ts';
import type { Condition } from './conditions.ts';
import { type Counted, shareOf, sumOf } from './metrics.ts';
import type { Thresholds } from './thresholds.ts';

const hour = Duration.hours(1);

export const eventConditions = (event: Counted, limits: Required<Thresholds>) =>
  ({
    'login-failures': {
      metric: shareOf(
        'sign-ins that failed (%)',
        [event('login.rejected')],
        [event('login.rejected'), event('login.completed')],
        5,
      ),
      at: limits.loginFailures,
      periods: [2, 3],
      what: 'Sign-ins fail.',
    },
    'untrusted-answers': {
      metric: sumOf('answers refused', [event('login.untrusted'), event('refresh.untrusted')]),
      at: 1,
      what: 'The authorization server sent tokens that are not bound to our key, or not for us.',
    },
    'refresh-failures': {
      metric: sumOf('renewals that failed', [event('refresh.failed'), event('refresh.refused')]),
      at: limits.refreshFailures,
      periods: [2, 3],
      what: 'Sessions cannot be renewed.',
    },
    'csrf-refusals': {
      metric: sumOf('refusals', [event('failed.csrf')]),
      at: limits.csrfRefusals,
      what: 'Many requests do not come from the application.',
    },
    'device-refusals': {
      metric: sumOf('proofs and calls refused', [
        event('device.proof_refused'),
        event('device.not_proven'),
      ]),
      at: limits.deviceRefusals,
      periods: [2, 3],
      what: 'Many requests do not prove the device that their session is bound to.',
    },
    'sign-in-flood': {
      metric: sumOf('sign-ins that began', [event('login.started')]),
      at: limits.signInsStarted,
      periods: [2, 3],
      what: 'Sign-ins begin faster than people sign in.',
    },
    'signing-failures': {
      metric: sumOf('calls without a signature', [event('failed.signer_unavailable')]),
      at: 3,
      what: 'KMS does not sign: throttled, disabled or unreachable.',
    },
    'store-failures': {
      metric: sumOf('calls without a session store', [event('failed.store_unavailable')]),
      at: 3,
      what: 'DynamoDB does not answer.',
    },
    'slow-signing': slow(
      event,
      'proxy.completed.signerMs',
      limits.slowSigningMs,
      'KMS signs slowly.',
    ),
    'slow-calls': slow(
      event,
      'proxy.completed.totalMs',
      limits.slowCallsMs,
      'Proxied calls are slow.',
    ),
    'key-age': old(event, 'keys.dpop.reported.ageDays', limits, 'The DPoP key'),
    'assertion-key-age': old(
      event,
      'keys.assertion.reported.ageDays',
      limits,
      'The key of client assertions',
    ),
    'key-unusable': {
      metric: event('keys.active_unusable', { period: hour }),
      at: 1,
      what: 'A key that should sign is missing, disabled or being deleted.',
    },
    'key-rotation': {
      metric: sumOf(
        'rotations that are overdue or stuck',
        [
          event('keys.rotation_overdue', { period: hour }),
          event('keys.rotation_stuck', { period: hour }),
        ],
        hour,
      ),
      at: 1,
      periods: [2, 3],
      what: 'A rotation is overdue, or does not end.',
    },
    'foreign-signatures': {
      metric: sumOf(
        'comparisons that found signatures of somebody else',
        [event('signatures.foreign', { period: hour })],
        hour,
      ),
      at: 1,
      what: 'KMS signed more often than the functions can explain: somebody may use a stolen role.',
    },
    'unaccounted-signatures': {
      metric: sumOf(
        'keys whose signatures cannot be compared',
        [event('signatures.unaccounted', { period: hour })],
        hour,
      ),
      at: 1,
      periods: [2, 3],
      what: 'The signatures of a key cannot be compared with what KMS counted.',
    },
    'key-report-missing': {
      metric: new MathExpression({
        label: 'hours without a report',
        period: hour,
        expression: 'IF(FILL(reports, 0) > 0, 0, 1)',
        usingMetrics: { reports: event('keys.dpop.reported', { period: hour }) },
      }),
      at: 1,
      periods: [3, 3],
      silence: true,
      what: 'The operator function has not reported on the keys.',
    },
  }) satisfies Record<string, Condition>;

const slow = (event: Counted, name: MetricName, at: number, what: string): Condition => ({
  metric: event(name, { statistic: 'p99' }),
  at,
  periods: [3, 3],
  what,
});

const old = (
  event: Counted,
  name: MetricName,
  { keyAgeDays }: Required<Thresholds>,
  key: string,
): Condition => ({
  metric: event(name, { statistic: 'Maximum', period: hour }),
  at: keyAgeDays,
  what: `${key} should be rotated.`,
});
