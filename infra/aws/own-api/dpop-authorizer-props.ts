// What an app decides about the authorizer of its own API.
import type { RemovalPolicy } from 'aws-cdk-lib';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { ApiAuthorizerInput } from '#shared/config/api-authorizer-input.ts';
import type { Surroundings } from '../surroundings.ts';

/** What an app decides about the authorizer of its API. */
export interface DpopAuthorizerProps extends ApiAuthorizerInput, Surroundings {
  /**
   * Its name in logs, metrics and alarms.
   * @default - the path of the construct.
   */
  readonly name?: string;
  /**
   * The function's memory.
   * @default 512
   */
  readonly memoryMb?: number;
  /**
   * The most environments at once: anybody can keep it busy. The account's pool is reduced by this number.
   * @default - none.
   */
  readonly reservedConcurrency?: number;
  /**
   * How many environments are kept warm. They are billed by the hour.
   * @default - none.
   */
  readonly provisionedConcurrency?: number;
  /**
   * How long its log is kept.
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: RetentionDays;
  /**
   * What happens to the logs when the stack is deleted. Replays and nonces are worthless after a few minutes.
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
  /**
   * `false` for an API that has gateway responses of its own (docs/own-apis.md says what they must contain).
   * @default true
   */
  readonly gatewayResponses?: boolean;
  /**
   * When alarms go off, and the topic that they notify. `false`: no alarms.
   * @default - they notify nobody.
   */
  readonly alarms?: AuthorizerAlarms | false;
}

/** Whom the alarms of an authorizer notify, and when. */
export interface AuthorizerAlarms {
  /** The topic to notify when they go off, and when they are over. */
  readonly topic?: ITopic;
  /** When they go off. */
  readonly thresholds?: AuthorizerThresholds;
}

/** Counts in five minutes. */
export interface AuthorizerThresholds {
  /** Tokens without the key that they are bound to, and proofs that came again. Default: 5. */
  readonly thefts?: number;
  /** Calls with Bearer, accepted or refused. Default: 1. */
  readonly bearer?: number;
  /** Requests that could not be judged. Default: 3. */
  readonly unavailable?: number;
  /** Proofs and tokens that were wrong otherwise: a client is misconfigured. Default: 100. */
  readonly refusals?: number;
}
