// What `cdk synth` says about a valid deployment that may not be what was intended.
import { Annotations } from 'aws-cdk-lib';
import type { Config } from '#shared/config/schema.ts';
import { warningsOf } from '#shared/config/warnings.ts';
import type { TokenBroker } from './token-broker.ts';
import type { TokenBrokerProps } from './token-broker-props.ts';

export function notes(broker: TokenBroker, config: Config, props: TokenBrokerProps): void {
  const { host } = new URL(config.publicOrigin);
  const say = Annotations.of(broker);
  for (const { code, says } of warningsOf(config)) {
    say.addWarningV2(`okta-dpop-bff:${code}`, says);
  }
  if (!props.domain && !host.endsWith('.cloudfront.net')) {
    say.addInfo(
      `Nothing leads from ${config.publicOrigin} to this distribution yet: give a certificate for ${host} (docs/deploy.md, "Your domain").`,
    );
  }
  if (props.alarms !== false && !props.alarms?.topic) {
    say.addWarningV2(
      'okta-dpop-bff:alarmTopic',
      'Alarms notify nobody: set an SNS topic (alarmTopicArn, or alarms.topic of the construct).',
    );
  }
}
