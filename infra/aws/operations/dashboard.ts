// One dashboard: whether it is up, safe and fast, what it costs, and how the keys are.
import {
  AlarmStatusWidget,
  Dashboard,
  type IMetric,
  type IWidget,
  SingleValueWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { KeySpec } from '#shared/config/input.ts';
import { here } from '../here.ts';
import { regionalName } from '../rights/names.ts';
import type { TokenBroker } from '../token-broker.ts';
import type { Alarms } from './alarms.ts';
import { costPerMillion } from './cost.ts';
import { graph, named } from './graphs.ts';
import {
  apiMetric,
  type Counted,
  eventsOf,
  functionMetrics,
  signingQuota,
  sumOf,
  tableMetric,
} from './metrics.ts';
import { devices, users } from './people-graphs.ts';

export interface OverviewProps {
  readonly broker: TokenBroker;
  readonly alarms: Alarms | undefined;
  readonly keySpec: KeySpec;
}

export class Overview extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, { broker, alarms, keySpec }: OverviewProps) {
    super(scope, id);
    const event = eventsOf(broker.state.broker);
    this.dashboard = new Dashboard(this, 'Dashboard', {
      // Dashboards belong to the account, not to a Region.
      dashboardName: regionalName(broker.state.broker, here.region),
      widgets: [
        alarms ? [status(alarms)] : [],
        users(event),
        calls(event, broker),
        latency(event),
        resources(broker, keySpec),
        keys(event, costPerMillion(broker, event, keySpec)),
        [devices(event)],
      ],
    });
  }
}

const status = ({ named }: Alarms): IWidget =>
  new AlarmStatusWidget({ title: 'Alarms', alarms: Object.values(named), width: 24, height: 3 });

const calls = (event: Counted, broker: TokenBroker): IWidget[] => [
  graph(
    'Proxied calls by status',
    named(event, {
      'proxy.completed.2xx': '2xx',
      'proxy.completed.3xx': '3xx',
      'proxy.completed.4xx': '4xx',
      'proxy.completed.5xx': '5xx',
    }),
  ),
  graph(
    'Refused here',
    named(event, {
      'failed.csrf': 'csrf',
      'failed.not_signed_in': 'not signed in',
      'failed.session_expired': 'session expired',
      'failed.no_route': 'no route',
      'failed.bad_path': 'bad path',
      'failed.step_up_required': 'step-up required',
      'device.not_proven': 'device not proven',
    }),
  ),
  graph('API', [
    apiMetric(broker, 'Count'),
    apiMetric(broker, '4xx'),
    apiMetric(broker, '5xx'),
    event('nonce.challenged', { label: 'nonce challenges' }),
  ]),
];

const latency = (event: Counted): IWidget[] =>
  ['p50', 'p99'].map((statistic) =>
    graph(
      `Where proxied calls spend their time (${statistic}, ms)`,
      named(
        event,
        {
          'proxy.completed.totalMs': 'total',
          'proxy.completed.storeMs': 'store',
          'proxy.completed.signerMs': 'signer',
          'proxy.completed.upstreamMs': 'upstream',
        },
        { statistic },
      ),
      12,
    ),
  );

const resources = (broker: TokenBroker, keySpec: OverviewProps['keySpec']): IWidget[] => [
  graph('KMS', [
    signingQuota(keySpec === 'RSA_2048' ? 'Rsa' : 'Ecc'),
    ...named(eventsOf(broker.state.broker), {
      'failed.signer_unavailable': 'calls without a signature',
      'signer.failed_over': 'failed over to a replica',
    }),
    eventsOf(broker.state.broker)('signatures.compared.foreign', {
      label: 'signatures that nobody here asked for',
      statistic: 'Maximum',
    }),
  ]),
  graph('DynamoDB', [
    tableMetric(broker, 'ConsumedReadCapacityUnits'),
    tableMetric(broker, 'ConsumedWriteCapacityUnits'),
    sumOf('throttled', [
      tableMetric(broker, 'ReadThrottleEvents'),
      tableMetric(broker, 'WriteThrottleEvents'),
    ]),
  ]),
  graph('Lambda', [
    sumOf(
      'errors',
      functionMetrics(broker, (of) => of.function.metricErrors()),
    ),
    sumOf(
      'throttles',
      functionMetrics(broker, (of) => of.function.metricThrottles()),
    ),
    broker.functions.proxy.function.metric('ConcurrentExecutions', {
      statistic: 'Maximum',
      label: 'environments of proxy at once',
    }),
  ]),
];

const keys = (event: Counted, cost: IMetric): IWidget[] => [
  graph('Sessions by key', [
    event('keys.dpop.reported.sessions', { label: 'on the active key', statistic: 'Maximum' }),
    event('keys.dpop.reported.drainingSessions', { label: 'on older keys', statistic: 'Maximum' }),
  ]),
  new SingleValueWidget({
    title: 'Age of the active keys (days)',
    metrics: [
      event('keys.dpop.reported.ageDays', { label: 'DPoP', statistic: 'Maximum' }),
      event('keys.assertion.reported.ageDays', { label: 'client assertion', statistic: 'Maximum' }),
    ],
    width: 8,
    height: 6,
  }),
  graph('Cost, from counted operations and list prices', [cost]),
];
