// Shows a function's log line as one short line for people.

interface Style {
  color: boolean;
}

export function prettyLine(name: string, line: string, { color }: Style): string {
  const paint = (code: number, text: string) => (color ? `\x1b[${code}m${text}\x1b[0m` : text);
  const who = paint(36, name.padEnd(8));
  const entry = parse(line);
  if (!entry) return `${clock(new Date())} ${who} ${line}`;
  const { timestamp, level, message } = entry;
  const at = typeof timestamp === 'string' ? new Date(timestamp) : new Date();
  const counted = metricsOf(entry);
  const fields = Object.entries(entry)
    .filter(([field]) => !noise.has(field) && !counted.has(field))
    .map(([field, value]) => `${paint(2, `${field}=`)}${show(value)}`);
  const word = String(message ?? '');
  const title = level === 'ERROR' ? paint(31, word) : level === 'WARN' ? paint(33, word) : word;
  return [clock(Number.isNaN(at.getTime()) ? new Date() : at), who, title, ...fields].join(' ');
}

/** Fields that are the same on every line, or only useful in CloudWatch. */
const noise = new Set([
  '_aws',
  'timestamp',
  'level',
  'message',
  'service',
  'sampling_rate',
  'xray_trace_id',
  'cold_start',
  'function_arn',
  'function_memory_size',
  'function_name',
  'function_request_id',
]);

/** The names of the metrics in a line (embedded metric format). */
function metricsOf({ _aws: embedded }: Record<string, unknown>): Set<unknown> {
  const { CloudWatchMetrics: directives } = (embedded ?? {}) as EmbeddedMetrics;
  const metrics = directives?.flatMap(({ Metrics = [] }) => Metrics) ?? [];
  return new Set(metrics.map(({ Name }) => Name));
}

interface EmbeddedMetrics {
  CloudWatchMetrics?: { Metrics?: { Name?: string }[] }[];
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const show = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

const clock = (at: Date) => at.toTimeString().slice(0, 8);
