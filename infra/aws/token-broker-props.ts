// What a CDK app says about a broker, one sentence per property.
import type { RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { ConfigInput } from '#shared/config/input.ts';
import type { FunctionName } from '../functions.ts';
import type { BrokerState } from './broker-state.ts';
import type { Domain } from './front/edge.ts';
import type { FirewallProps } from './front/firewall.ts';
import type { Throttles } from './front/http-front.ts';
import type { FunctionSize } from './functions/endpoint-function.ts';
import type { Thresholds } from './operations/thresholds.ts';
import type { Surroundings } from './surroundings.ts';

/** What an app decides about its broker. */
export interface TokenBrokerProps extends Surroundings {
  /** The configuration of the broker. Mistakes are reported at synth, all in one error. */
  readonly config: ConfigInput;
  /**
   * Sessions and keys. A stack of its own keeps them apart from every deployment.
   * @default - made here.
   */
  readonly state?: BrokerState;
  /**
   * The name of the broker, if `state` is made here.
   * @default 'okta-dpop-bff'
   */
  readonly name?: string;
  /**
   * The domain of publicOrigin.
   * @default - CloudFront's own domain.
   */
  readonly domain?: Domain;
  /**
   * Folder with the built single-page app.
   * @default - you upload it yourself.
   */
  readonly spa?: string;
  /**
   * The Content-Security-Policy of the pages.
   * @default - everything must come from publicOrigin.
   */
  readonly contentSecurityPolicy?: string;
  /**
   * AWS WAF: its limits, your own web ACL, or none.
   * @default - 5000 requests and 300 sign-ins of one address in five minutes.
   */
  readonly firewall?: FirewallProps | { readonly webAclArn: string } | false;
  /**
   * CloudFront's access logs, or none.
   * @default - fields without query, cookie and path.
   */
  readonly accessLogs?: AccessLogsInput | false;
  /**
   * Alarms, or none.
   * @default - they go off, but notify nobody.
   */
  readonly alarms?: AlarmsInput | false;
  /**
   * How long all logs are kept.
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: RetentionDays;
  /**
   * Memory and concurrency of single functions.
   * @default - see FunctionSize.
   */
  readonly functions?: Partial<Record<FunctionName, FunctionSize>>;
  /**
   * `stream`, `machine` and `authorizer` reserve concurrency by default. `false` for an account whose quota is too low for
   * that (a new one may have 10): then they reserve only what `functions` says.
   * @default true
   */
  readonly reserveConcurrency?: boolean;
  /**
   * New versions get a tenth of the calls for 15 minutes, and are rolled back when alarms go off.
   * @default false
   */
  readonly canary?: boolean;
  /**
   * The requests per second on the routes, and how many may come at once.
   * @default - see Throttles.
   */
  readonly throttles?: Throttles;
  /**
   * Tags for the keys that a rotation makes. The CDK only tags what it makes itself.
   * @default - none but the broker's own.
   */
  readonly keyTags?: Record<string, string>;
  /**
   * Increase it to replace the secret between CloudFront and the APIs.
   * @default 1
   */
  readonly originSecret?: number;
  /**
   * What happens to logs and files when the stack is deleted. Sessions and keys have their own policy.
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** What CloudFront logs of each request, and under which key. */
export interface AccessLogsInput {
  /**
   * Replaces the usual fields.
   * @default - time, place, result, method, host, status, sizes and times.
   */
  readonly fields?: readonly string[];
  /**
   * Encrypts them in us-east-1, where they are delivered.
   * @default - `encryptionKey` of the broker if it is in us-east-1, or a key that AWS owns.
   */
  readonly encryptionKey?: IKey;
}

/** Whom the alarms notify, and when. */
export interface AlarmsInput {
  /**
   * The topic to notify when alarms go off, and when they are over.
   * @default - nobody is notified.
   */
  readonly topic?: ITopic;
  /**
   * The same for the alarms on CloudFront and its firewall. They are in us-east-1, and can only notify a topic there.
   * @default - `topic`, in us-east-1.
   */
  readonly edgeTopic?: ITopic;
  /**
   * When they go off.
   * @default - see docs/runbooks.md.
   */
  readonly thresholds?: Thresholds;
}
