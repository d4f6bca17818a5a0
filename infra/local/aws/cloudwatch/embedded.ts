// Reads metrics out of a log line, as CloudWatch Logs does for the embedded metric format.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
import type { Value } from './metrics.ts';

interface Directive {
  Namespace: string;
  Dimensions: string[][];
  Metrics: { Name: string }[];
}

export function embeddedIn(line: string, region: string): Value[] {
  const root = parsed(line);
  const { Timestamp: at, CloudWatchMetrics: directives = [] } = (root?._aws ?? {}) as {
    Timestamp?: number;
    CloudWatchMetrics?: Directive[];
  };
  if (!root || typeof at !== 'number') return [];
  return directives.flatMap(({ Namespace: namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) => {
      const dimensions = Object.fromEntries(names.map((name) => [name, root[name]]));
      // A dimension is a string, and a metric without one of its dimensions is not written.
      if (!areStrings(dimensions)) return [];
      return Metrics.flatMap(({ Name: name }) =>
        [root[name]]
          .flat()
          .filter((value) => typeof value === 'number')
          .map((value) => ({ region, namespace, name, dimensions, value, at })),
      );
    }),
  );
}

const areStrings = (values: Record<string, unknown>): values is Record<string, string> =>
  Object.values(values).every((value) => typeof value === 'string' && value !== '');

function parsed(line: string): Record<string, unknown> | undefined {
  if (!line.includes('"_aws"')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
