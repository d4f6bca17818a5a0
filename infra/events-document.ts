// docs/events.md, from the catalogue of events and the alarms on them. `npm run docs` writes it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type {
  ByHundreds,
  Dimension,
  EventKind,
  Field,
  Measured,
  Optional,
} from '#core/event-fields.ts';
import { type EventName, events, metricsNamespace } from '#core/events.ts';
import { eventConditions } from './aws/operations/event-conditions.ts';
import { eventsOf } from './aws/operations/metrics.ts';
import { usualThresholds } from './aws/operations/thresholds.ts';
import { root } from './bundle.ts';
import { meanings } from './event-meanings.ts';

export const eventsFile = join(root, 'docs/events.md');

export function eventsDocument(): string {
  const rows = Object.entries<EventKind>(events).map(([name, kind]) => {
    const { when, act = '' } = meanings[name as EventName];
    return [
      `\`${name}\``,
      kind.level,
      when,
      fieldsOf(kind),
      metricsOf(name, kind)
        .map((metric) => `\`${metric}\``)
        .join(' '),
      alarmsOn(name, kind).join(' '),
      act,
    ].join(' | ');
  });
  return `${introduction}
| event | level | when | fields | metrics | alarm | what an operator does |
|---|---|---|---|---|---|---|
${rows.map((row) => `| ${row} |`).join('\n')}
`;
}

const introduction = `# Events

<!-- Written by \`npm run docs\` from shared/core/events.ts and infra/event-meanings.ts. Change those files instead. -->

Everything that the functions log. An event is one line of JSON: its name is \`message\`, its level \`level\`, and the line of a
request carries \`request_id\`, which is also in the answer. The same line is its metrics, in CloudWatch's embedded metric format:
namespace \`${metricsNamespace}\`, dimension \`service\` (the name of the broker). An event is counted under its own name;
\`.4xx\` and the like count it by status, and \`.totalMs\` and the like are a field of it. No event holds a token, a code, a
cookie, a proof or anything personal: a field takes numbers, words of a fixed list and our own sentences only. \`operator.acted\`
is the exception: it holds what the operator wrote as name and reason.

\`?\` marks a field that may be missing, *by* one that is a dimension of the event's metrics, *sum* one that is added up under the event's name. Alarms lead to the [runbooks](runbooks.md).
`;

type AnyField = Field & Partial<Measured & ByHundreds & Optional & Dimension>;

const fieldsOf = ({ fields, sumOf }: EventKind): string =>
  Object.entries<AnyField>(fields)
    .map(([name, { shape, optional, dimension }]) => {
      const role = dimension ? ' *by*' : name === sumOf ? ' *sum*' : '';
      return `\`${name}\`${optional ? '?' : ''}${role}: ${shape}`;
    })
    .join('; ');

/** Metrics after the first are written by what is added to the event's name. */
const metricsOf = (name: string, { countedAs, fields }: EventKind): string[] => [
  countedAs === undefined ? name : `${countedAs}.<code>`,
  ...Object.entries<AnyField>(fields).flatMap(([field, { unit, byHundreds }]) => [
    ...(unit === undefined ? [] : [`.${field}`]),
    ...(byHundreds ? ['.2xx', '.3xx', '.4xx', '.5xx'] : []),
  ]),
];

const watched = Object.entries(eventConditions(eventsOf('broker'), usualThresholds)).map(
  ([alarm, { metric }]) => ({ alarm, names: namesIn(metric) }),
);

const alarmsOn = (name: string, { countedAs }: EventKind): string[] =>
  watched
    .filter(({ names }) => names.some((metric) => `${metric}.`.startsWith(`${countedAs ?? name}.`)))
    .map(({ alarm }) => `[${alarm}](runbooks.md#${alarm})`);

function namesIn(metric: IMetric): string[] {
  const { metricStat, mathExpression } = metric.toMetricConfig();
  if (metricStat) return [metricStat.metricName];
  return Object.values(mathExpression?.usingMetrics ?? {}).flatMap(namesIn);
}

if (import.meta.main) await writeFile(eventsFile, eventsDocument());
