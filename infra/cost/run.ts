// `npm run cost`: counts, synthesises, multiplies, prints.
import { type EventName, events } from '#core/events.ts';
import { measuresOf } from '#shared/event-line.ts';
import { UsageError } from '../local/run/options.ts';
import { billOf } from './bill.ts';
import { leversOf } from './levers.ts';
import { type Measured, measure } from './measure.ts';
import { type Algorithm, type Case, keySpecs } from './month.ts';
import { type Options, readOptions, usage } from './options.ts';
import { listedIn, pricesIn } from './prices.ts';
import { pricesOf, reportOf } from './report.ts';
import { type Fixed, fixedOf } from './stack.ts';

export async function runCost(args: string[], write: (text: string) => void): Promise<number> {
  try {
    const options = readOptions(args);
    if (options === 'help') {
      write(usage);
      return 0;
    }
    write(await costs(options));
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`error: ${error.message}`);
    return 2;
  }
}

async function costs(options: Options): Promise<string> {
  const { region, json } = options;
  if (options.prices) {
    return json ? `${JSON.stringify(listedIn(region), undefined, 2)}\n` : `${pricesOf(region)}\n`;
  }
  const prices = pricesIn(region);
  const fixed = await fixedOf({
    deployment: { region },
    ...(options.front === 'rest' && { bff: { streaming: true } }),
  });
  const counted = { ES256: await measure(keySpecs.ES256), RS256: await measure(keySpecs.RS256) };
  const given = caseOf(options, counted[options.alg], fixed);
  const otherAlg: Algorithm = options.alg === 'ES256' ? 'RS256' : 'ES256';
  const other = caseOf({ ...options, alg: otherAlg }, counted[otherAlg], fixed);
  const lines = billOf(given, prices);
  const levers = leversOf(given, prices, other);
  const report = { region, given, lines, levers };
  return json
    ? `${JSON.stringify({ prices: listedIn(region), ...report }, undefined, 2)}\n`
    : `${reportOf(report)}\n`;
}

export const caseOf = (
  { alg, calls, upstreamMs, answerBytes, front }: Omit<Options, 'region' | 'prices' | 'json'>,
  measured: Measured,
  fixed: Fixed,
): Case => ({
  alg,
  calls,
  upstreamMs,
  answerBytes,
  front,
  tracing: true,
  logShare: 1,
  measured,
  fixed,
  metrics: new Set([...measured.metrics, ...hourlyMetrics()]).size,
});

/** The operator function reports the keys each hour, and what it compared. */
const hourlyMetrics = (): string[] =>
  (
    ['keys.dpop.reported', 'keys.assertion.reported', 'signatures.compared'] satisfies EventName[]
  ).flatMap((name) =>
    measuresOf(
      name,
      Object.fromEntries(Object.keys(events[name].fields).map((key) => [key, 1])),
    ).map(([metric]) => metric),
  );
