// Faults of the embedded table, keys and secrets: on the wire, where they answer.
import type { AwsEndpoint, AwsFault } from '#infra/local/aws/endpoint.ts';
import { throttled } from '#infra/local/aws/endpoint.ts';
import type { Fault } from '#test/faults/plan/kinds.ts';
import type { Recorder } from '#test/faults/recording/recorder.ts';
import type { WeatherVane } from './weather-vane.ts';

/** Longer than any single try waits for AWS. */
const hangMs = 3_400;

type AwsDependency = 'dynamodb' | 'kms' | 'secrets';

/** The Region by which the run itself asks. Its questions never fail. */
export const ofTheRun = 'of-the-run-1';

export interface FaultyAws {
  recorder: Recorder;
  vane: Pick<WeatherVane, 'next'>;
  slowMs: () => number;
}

export function faultyAws(
  endpoint: AwsEndpoint,
  dependency: AwsDependency,
  { recorder, vane, slowMs }: FaultyAws,
): void {
  // The switches ask for the delay first, and for the fault of the same call later.
  const decided = new WeakMap<object, Fault | undefined>();
  endpoint.faults.latencyMs = (call) => {
    if (call.region === ofTheRun) return 0;
    const fault = vane.next(dependency, call.operation, recorder.sessionOf(call.partition));
    decided.set(call, fault);
    if (fault === 'slow') return slowMs();
    return fault === 'hang' ? hangMs : 0;
  };
  endpoint.faults.fault = (call) => {
    const fault = decided.get(call);
    return fault && effects[dependency][fault];
  };
}

const common = {
  reset_before: 'hang_up',
  reset_after: 'lose_answer',
  cut_after: 'cut_answer',
  hang: 'hang_up',
  throttled,
} satisfies Partial<Record<Fault, AwsFault>>;

const effects: Record<AwsDependency, Partial<Record<Fault, AwsFault>>> = {
  dynamodb: {
    ...common,
    unavailable: { error: 'InternalServerError', status: 500 },
    refused: { error: 'AccessDeniedException' },
  },
  kms: {
    ...common,
    unavailable: { error: 'KMSInternalException', status: 500 },
    refused: { error: 'KMSInvalidStateException' },
  },
  secrets: {
    ...common,
    unavailable: { error: 'InternalServiceError', status: 500 },
    refused: { error: 'AccessDeniedException' },
  },
};
