// The cost of a million proxied calls, from counted operations and the list prices of the Region, or of us-east-1 where its
// prices are not known. CloudFront, the firewall, logs and transfer are extra; `npm run cost` knows them.
import { Stack } from 'aws-cdk-lib';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { KeySpec } from '#shared/config/input.ts';
import { isPriced, pricesIn } from '../../cost/prices.ts';
import type { TokenBroker } from '../token-broker.ts';
import { apiMetric, type Counted, tableMetric } from './metrics.ts';

const algorithms = { ECC_NIST_P256: 'ES256', RSA_2048: 'RS256' } as const satisfies Record<
  KeySpec,
  string
>;

export function costPerMillion(
  broker: TokenBroker,
  event: Counted,
  keySpec: KeySpec,
): MathExpression {
  const { region } = Stack.of(broker);
  const prices = pricesIn(isPriced(region) ? region : 'us-east-1');
  const served = (['proxy', 'auth'] as const).map((name) => ({
    name,
    gigabytes: broker.functions[name].memoryMb / 1024,
    fn: broker.functions[name].function,
  }));
  const lambda = served.map(
    ({ name, gigabytes }) =>
      `FILL(${name}Ms, 0) / 1000 * ${gigabytes * prices.lambdaGigabyteSecond * 1e6} + FILL(${name}Calls, 0) * ${prices.millionInvocations}`,
  );
  return new MathExpression({
    label: 'US$ per million proxied calls',
    // Sign-in and renewal each need a proof and an assertion. A challenge needs the call's proof again.
    expression: `(
      (calls + FILL(challenges, 0) + 2 * FILL(signIns, 0) + 2 * FILL(renewals, 0)) * ${prices[`millionSignatures${algorithms[keySpec]}`]}
      + FILL(reads, 0) * ${prices.millionReadUnits} + FILL(writes, 0) * ${prices.millionWriteUnits}
      + ${lambda.join(' + ')}
      + FILL(api, 0) * ${prices.millionHttpApiCalls}
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
