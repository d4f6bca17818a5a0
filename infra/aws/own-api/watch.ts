// What people watch of the authorizer for an API of your own: refusals by kind, calls with Bearer, and the function itself.
import { Duration } from 'aws-cdk-lib';
import { type Alarm, GraphWidget, type IMetric, type IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { MetricName } from '#core/events.ts';
import { alarmOn } from '../operations/alarm-on.ts';
import type { Condition } from '../operations/conditions.ts';
import { eventsOf, sumOf } from '../operations/metrics.ts';
import type { AuthorizerAlarms, AuthorizerThresholds } from './dpop-authorizer-props.ts';

export interface WatchedAuthorizer {
  /** Its name in logs and metrics. */
  readonly name: string;
  readonly function: IFunction;
}

/** The period of the functions' metrics. */
const period = Duration.minutes(5);

const usual: Required<AuthorizerThresholds> = {
  thefts: 5,
  bearer: 1,
  unavailable: 3,
  refusals: 100,
};

function conditions({ name, function: guard }: WatchedAuthorizer, limits: typeof usual) {
  const event = eventsOf(name);
  return {
    thefts: {
      metric: sumOf('stolen or replayed', [event('api.stolen'), event('api.replayed')]),
      at: limits.thefts,
      what: 'Tokens come without the key that they are bound to, or proofs come again.',
    },
    bearer: {
      metric: sumOf('calls with Bearer', [
        event('api.bearer_accepted'),
        event('api.bearer_refused'),
      ]),
      at: limits.bearer,
      what: 'Clients call with Bearer.',
    },
    unavailable: {
      metric: sumOf('not judged', [
        event('api.not_judged'),
        guard.metricErrors({ period }),
        guard.metricThrottles({ period }),
      ]),
      at: limits.unavailable,
      what: 'Requests cannot be judged, and are refused: the issuer, DynamoDB, KMS or Lambda is unavailable.',
    },
    refusals: {
      metric: sumOf('wrong proofs and tokens', [
        event('api.proof_refused'),
        event('api.token_refused'),
      ]),
      at: limits.refusals,
      what: 'Many proofs or tokens are wrong: a client is misconfigured.',
    },
  } satisfies Record<string, Condition>;
}

/** Children of `scope`, by name. docs/own-apis.md explains each. */
export function authorizerAlarms(
  scope: Construct,
  watched: WatchedAuthorizer,
  { topic, thresholds }: AuthorizerAlarms,
): Record<string, Alarm> {
  const found = Object.entries<Condition>(conditions(watched, { ...usual, ...thresholds }));
  return Object.fromEntries(
    found.map(([name, condition]) => [
      name,
      alarmOn(scope, `Alarm-${name}`, {
        prefix: watched.name,
        name,
        page: 'docs/own-apis.md#alarms',
        condition,
        topic,
      }),
    ]),
  );
}

/** For a dashboard of the app: a row of three. */
export function authorizerWidgets({ name, function: guard }: WatchedAuthorizer): IWidget[] {
  const event = eventsOf(name);
  const named = (labels: Partial<Record<MetricName, string>>) =>
    (Object.entries(labels) as [MetricName, string][]).map(([name, label]) =>
      event(name, { label }),
    );
  return [
    graph(
      'Calls',
      named({
        'api.accepted': 'accepted',
        'api.bearer_accepted': 'accepted with Bearer',
        'api.nonce_challenged': 'nonce challenges',
      }),
    ),
    graph(
      'Refused',
      named({
        'api.stolen': 'without its key',
        'api.replayed': 'replayed',
        'api.bearer_refused': 'Bearer',
        'api.proof_refused': 'wrong proof',
        'api.token_refused': 'wrong token',
        'api.scope_refused': 'scope missing',
        'api.not_judged': 'not judged',
      }),
    ),
    graph('Authorizer', [
      guard.metricDuration({ statistic: 'p50', label: 'ms, p50' }),
      guard.metricDuration({ statistic: 'p99', label: 'ms, p99' }),
      guard.metricErrors({ label: 'errors' }),
      guard.metricThrottles({ label: 'throttles' }),
    ]),
  ];
}

const graph = (title: string, left: IMetric[]): IWidget =>
  new GraphWidget({ title, left, width: 8, height: 6, leftYAxis: { min: 0 } });
