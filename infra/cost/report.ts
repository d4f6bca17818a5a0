// The bill, for people.
import { type Line, sumOf } from './bill.ts';
import type { Lever } from './levers.ts';
import { assumed, billedMs, type Case } from './month.ts';
import { type ListedPrice, listedIn, type PricedRegion } from './prices.ts';

export interface Report {
  region: PricedRegion;
  given: Case;
  lines: readonly Line[];
  levers: readonly Lever[];
}

export function reportOf({ region, given, lines, levers }: Report): string {
  const { calls, alg, measured } = given;
  const perMillion = (usd: number) => dollars((usd / calls) * 1e6);
  const use = lines.filter(({ standing }) => !standing);
  const byUse = use.map(({ service, what, amount, usd }) => [
    service,
    what,
    amount,
    dollars(usd),
    perMillion(usd),
  ]);
  const standing = lines
    .filter((line) => line.standing)
    .map(({ service, what, amount, usd }) => [service, what, amount, dollars(usd), '']);
  const total = sumOf(lines);
  const pulled = levers.map(({ name, but, saves }) => [
    name,
    dollars(saves),
    perMillion(saves),
    but,
  ]);
  return [
    `${calls.toLocaleString('en-US')} calls in a month, ${alg}, ${region}; list prices (${daysOf(listedIn(region))}) in US dollars, without free tiers and tax`,
    '',
    table(
      ['service', 'what', 'amount', 'a month', 'per million calls'],
      [
        ...byUse,
        ['**by use**', '', '', `**${dollars(sumOf(use))}**`, `**${perMillion(sumOf(use))}**`],
        ...standing,
        ['**sum**', '', '', `**${dollars(total)}**`, `**${perMillion(total)}**`],
      ],
    ),
    '',
    'Levers, each alone:',
    '',
    table(['lever', 'saves a month', 'per million calls', 'but'], pulled),
    '',
    `Counted on this machine, for a call: ${units(measured.call.proofs)} signature, ${units(measured.call.readUnits)} read unit, ${units(measured.call.writeUnits)} write units, ${Math.round(measured.call.logBytes)} bytes of log,`,
    `${Math.round(measured.call.bytesUpstream)} bytes to the API. Sign-ins, renewals and sign-outs are in the sums.`,
    `Assumed: a sign-in for ${assumed.callsPerSignIn} calls, with ${assumed.renewalsPerSignIn} renewals and ${assumed.sessionChecksPerSignIn} looks at the session; ${billedMs(given.upstreamMs)} ms billed a call, ${given.answerBytes} bytes answered; all in`,
    `${assumed.busyHours} hours of the month. See infra/cost/month.ts. Left out: storage of the table and of the pages (cents), a second CloudTrail trail (docs/deploy.md).`,
    advice(given, levers),
    ...pricesToCheck(region),
  ].join('\n');
}

/** docs/costs.md has the reasons. */
function advice({ alg }: Case, levers: readonly Lever[]): string {
  const other = levers.find(({ name }) => name.startsWith('dpop.keySpec'));
  const apart = other ? ` (${dollars(Math.abs(other.saves))} a month)` : '';
  return alg === 'ES256'
    ? `Recommended: RS256, unless the profile is fapi2${apart}. See docs/costs.md.`
    : `ES256 would cost more${apart}: only where the profile is fapi2. See docs/costs.md.`;
}

function pricesToCheck(region: PricedRegion): string[] {
  const unchecked = listedIn(region).filter(({ day }) => day === undefined);
  if (unchecked.length === 0) return [];
  const addresses = new Set(unchecked.flatMap((price) => price.addresses.slice(0, 1)));
  return [
    `From memory, and not seen in the list for ${region}: ${unchecked.map(({ name }) => name).join(', ')}.`,
    `Check them before you rely on a cent: ${[...addresses].join(', ')}.`,
  ];
}

/** All prices of a Region, for whoever wants to check them. */
export function pricesOf(region: PricedRegion): string {
  const listed = listedIn(region);
  const rows = listed.map(
    ({ name, usd, day = '**unchecked**', usage = '', addresses: [at = ''] }) => [
      ...[name, String(usd), day, usage && `…${usage}`, at],
    ],
  );
  return [
    `List prices for ${region} in US dollars, and when the list or the page showed them`,
    '',
    table(['price', '$', 'seen', 'usage type', 'where'], rows),
  ].join('\n');
}

/** From the first to the last day on which they were seen. */
function daysOf(listed: readonly ListedPrice[]): string {
  const days = listed.flatMap(({ day }) => day ?? []).sort();
  return `seen ${days.at(0)} to ${days.at(-1)}`;
}

export const dollars = (usd: number): string =>
  `${usd < 0 ? '-' : ''}$${Math.abs(usd).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;

const units = (value: number) => String(Math.round(value * 100) / 100);

export function table(head: string[], rows: string[][]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const line = (row: string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [
    line(head),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...rows.map(line),
  ].join('\n');
}
