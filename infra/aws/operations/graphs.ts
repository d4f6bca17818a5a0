// What the graphs of the dashboard are made with.
import {
  GraphWidget,
  type IMetric,
  type IWidget,
  type MetricOptions,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { MetricName } from '#core/events.ts';
import type { Counted } from './metrics.ts';

export const graph = (title: string, left: IMetric[], width = 8): IWidget =>
  new GraphWidget({ title, left, width, height: 6, leftYAxis: { min: 0 } });

export const named = (
  event: Counted,
  labels: Partial<Record<MetricName, string>>,
  options: MetricOptions = {},
): IMetric[] =>
  (Object.entries(labels) as [MetricName, string][]).map(([name, label]) =>
    event(name, { ...options, label }),
  );
