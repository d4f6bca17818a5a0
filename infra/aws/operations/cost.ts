// The cost of a million proxied calls, from counted operations and list prices (us-east-1, November 2026). CloudFront,
// the firewall, logs and transfer are extra.
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { KeySpec } from '#shared/config/input.ts';
import type { TokenBroker } from '../token-broker.ts';
import { apiMetric, type Counted, tableMetric } from './metrics.ts';

/** The price of a million of each. */
const dollars = {
  signature: { ECC_NIST_P256: 15, RSA_2048: 3 },
  /** On arm64. */
  gigabyteSecond: 13.3334,
  invocation: 0.2,
  read: 0.125,
  write: 0.625,
  apiCall: 1,
};

export function costPerMillion(
  broker: TokenBroker,
  event: Counted,
  keySpec: KeySpec,
): MathExpression {
  const served = (['proxy', 'auth'] as const).map((name) => ({
    name,
    gigabytes: broker.functions[name].memoryMb / 1024,
    fn: broker.functions[name].function,
  }));
  const lambda = served.map(
    ({ name, gigabytes }) =>
      `FILL(${name}Ms, 0) / 1000 * ${gigabytes * dollars.gigabyteSecond} + FILL(${name}Calls, 0) * ${dollars.invocation}`,
  );
  return new MathExpression({
    label: 'US$ per million proxied calls',
    // Sign-in and renewal each need a proof and an assertion. A challenge needs the call's proof again.
    expression: `(
      (calls + FILL(challenges, 0) + 2 * FILL(signIns, 0) + 2 * FILL(renewals, 0)) * ${dollars.signature[keySpec]}
      + FILL(reads, 0) * ${dollars.read} + FILL(writes, 0) * ${dollars.write}
      + ${lambda.join(' + ')}
      + FILL(api, 0) * ${dollars.apiCall}
    ) / calls`.replace(/\s+/g, ' '),
    usingMetrics: {
      calls: event('proxy.completed'),
      challenges: event('nonce.challenged'),
      signIns: event('login.completed'),
      renewals: event('refresh.won'),
      reads: tableMetric(broker, 'ConsumedReadCapacityUnits'),
      writes: tableMetric(broker, 'ConsumedWriteCapacityUnits'),
      api: apiMetric(broker, 'Count'),
      ...Object.fromEntries(
        served.flatMap(({ name, fn }) => [
          [`${name}Ms`, fn.metricDuration({ statistic: 'Sum' })],
          [`${name}Calls`, fn.metricInvocations({ statistic: 'Sum' })],
        ]),
      ),
    },
  });
}
