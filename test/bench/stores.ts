// DynamoDB and KMS for the benchmark: the stand-ins of a local run, with the times that are injected.
import { startBackends } from '#infra/local/run/backends.ts';
import { serve } from './child.ts';
import type { DpopKeySpec } from './parts.ts';

serve(async ({ keySpec }: { keySpec: DpopKeySpec }) => {
  const backends = await startBackends({
    endpoints: {},
    table: 'bff',
    keySpec,
    latency: {},
    environment: {},
  });
  const { dynamodb, kms } = backends;
  return {
    ready: { variables: backends.variables, keys: backends.keys },
    answer: async ({ storeMs = 0, signerMs = 0 }: { storeMs?: number; signerMs?: number }) => {
      if (dynamodb) dynamodb.faults.latencyMs = storeMs;
      if (kms) kms.faults.latencyMs = signerMs;
      const counted = {
        reads: (dynamodb?.calls.count('Query') ?? 0) + (dynamodb?.calls.count('GetItem') ?? 0),
        writes:
          (dynamodb?.calls.count('UpdateItem') ?? 0) + (dynamodb?.calls.count('PutItem') ?? 0),
        signatures: kms?.calls.count('Sign') ?? 0,
      };
      dynamodb?.calls.reset();
      kms?.calls.reset();
      return counted;
    },
  };
});
