// Reports the signatures that an environment asked KMS for: a line of the log that is also their metric, by key and
// Region. The environment itself decides when (core/dpop/tally.ts).
import type { Broker } from '#core/broker.ts';
import { keyName } from '#core/keys/find-key.ts';
import { regionOf } from '#core/lib/key-arn.ts';
import { plain } from '#core/lib/plain.ts';
import { logEvent } from './log.ts';

export type Counting = Pick<Broker, 'signatures'>;

export function reportSignatures(env: Partial<Counting> | undefined): void {
  for (const { id, signed, unanswered } of env?.signatures?.due() ?? []) {
    logEvent('signatures.counted', {
      key: plain(keyName(id)),
      region: plain(regionOf(id) ?? ''),
      signed,
      unanswered,
    });
  }
}
