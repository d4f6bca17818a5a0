// The flags of `npm run cost`. Each mistake gets one clear line.
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { closest } from '../closest.ts';
import { UsageError } from '../local/run/options.ts';
import type { Algorithm, Case } from './month.ts';
import { isPriced, type PricedRegion, pricedRegions } from './prices.ts';

export interface Options
  extends Pick<Case, 'alg' | 'calls' | 'upstreamMs' | 'answerBytes' | 'front'> {
  region: PricedRegion;
  /** The prices of the Region instead of a bill. */
  prices: boolean;
  json: boolean;
}

export const usage = `npm run cost -- [options]

The bill of a month: the product runs on this machine, what it asks of AWS is counted, and multiplied by list prices
(infra/cost/prices.ts). Takes half a minute. Nothing is deployed, and nobody is asked.

  --calls <n>          calls of APIs in the month (1000000)
  --alg <alg>          of the proofs: ES256, or RS256, which costs a fifth to sign (ES256)
  --region <Region>    ${pricedRegions.join(', ')} (us-east-1)
  --front <http|rest>  rest: every call by the front that streams (http)
  --upstream-ms <n>    how long an API takes to answer (100)
  --answer-bytes <n>   the body of an answer (10000)
  --prices             no bill: each price of the Region, where to look it up, and when the list showed it
  --json               for scripts
  --help               this text
`;

const flags = {
  calls: { type: 'string', default: '1000000' },
  alg: { type: 'string', default: 'ES256' },
  region: { type: 'string', default: 'us-east-1' },
  front: { type: 'string', default: 'http' },
  'upstream-ms': { type: 'string', default: '100' },
  'answer-bytes': { type: 'string', default: '10000' },
  prices: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} satisfies ParseArgsConfig['options'];

const algorithms: readonly Algorithm[] = ['ES256', 'RS256'];
const fronts: readonly Case['front'][] = ['http', 'rest'];

export function readOptions(args: string[]): Options | 'help' {
  const given = parsed(args);
  if (given.help) return 'help';
  return {
    calls: wholeNumber('calls', given.calls, 1),
    alg: oneOf('alg', given.alg, algorithms),
    region: pricedRegion(given.region),
    front: oneOf('front', given.front, fronts),
    upstreamMs: wholeNumber('upstream-ms', given['upstream-ms'], 0),
    answerBytes: wholeNumber('answer-bytes', given['answer-bytes'], 0),
    prices: given.prices,
    json: given.json,
  };
}

function parsed(args: string[]) {
  try {
    return parseArgs({ args, options: flags }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ', 1)[0]}; see --help`);
  }
}

function wholeNumber(flag: string, text: string, least: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError(`--${flag} ${text}: must be a whole number from ${least} on`);
}

function oneOf<T extends string>(flag: string, text: string, known: readonly T[]): T {
  const found = known.find((one) => one === text);
  if (found) return found;
  throw new UsageError(`--${flag} ${text}: must be ${known.join(' or ')}`);
}

function pricedRegion(text: string): PricedRegion {
  if (isPriced(text)) return text;
  const near = closest(text, pricedRegions);
  throw new UsageError(
    `--region ${text}: there are prices for ${pricedRegions.join(', ')}${near ? `; did you mean ${near}?` : ''}`,
  );
}
