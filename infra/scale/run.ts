// `npm run scale`: from one user to many, nine o'clock, and the end of an outage, in simulated time.
import { parseArgs } from 'node:util';
import { table } from '../cost/report.ts';
import { bottleneck, simulateCalls } from './calls.ts';
import { climb, firstToBreak, refusedShare, type Step } from './ladder.ts';
import type { Outcome } from './load.ts';
import { defaultQuotas, type Quotas, quotas, quotasAsOf } from './quotas.ts';
import { rush, usualThrottle } from './sign-ins.ts';

export const usage = `npm run scale -- [options]

A simulation of the broker under load, by its own rules and the default quotas of AWS and Okta (infra/scale/quotas.ts).
No real time passes, and nobody is asked. The same seed prints the same tables.

  --seed <n>      (1)
  --seconds <n>   of load at each step (10)
  --help          this text
`;

export const rates = [1, 10, 100, 500, 750, 900, 1_100, 2_000, 5_000, 8_000, 12_000];

/** The first quotas that one asks for. */
export const raised: Quotas = {
  ...defaultQuotas,
  ourThrottle: 20_000,
  signatures: 20_000,
  environments: 5_000,
  oktaTokens: defaultQuotas.oktaTokens * 10,
};

export function runScale(args: string[], write: (text: string) => void): number {
  const given = read(args);
  if (typeof given === 'string') {
    console.error(`error: ${given}`);
    return 2;
  }
  write(given.help ? usage : `${report(given)}\n`);
  return 0;
}

function read(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        seed: { type: 'string', default: '1' },
        seconds: { type: 'string', default: '10' },
        help: { type: 'boolean', default: false },
      },
    });
    for (const name of ['seed', 'seconds'] as const) {
      if (!/^[1-9]\d{0,5}$/.test(values[name]))
        return `--${name} ${values[name]}: must be a whole number from 1 on`;
    }
    return { seed: Number(values.seed), seconds: Number(values.seconds), help: values.help };
  } catch (error) {
    return `${(error as Error).message.split('. ', 1)[0]}; see --help`;
  }
}

export function report({ seed, seconds }: { seed: number; seconds: number }): string {
  return [
    `Default quotas of ${quotasAsOf}, ${seconds} s at each step, seed ${seed}`,
    '',
    steps(climb(rates, defaultQuotas, { seed, seconds })),
    '',
    'With throttles.proxy at 20,000, 20,000 signatures a second, 5,000 environments and ten times the token requests:',
    '',
    steps(climb(rates, raised, { seed, seconds })),
    '',
    'Nine o’clock: everybody signs in within ten minutes, and tries again when turned away',
    '',
    rushes(seed),
    '',
    'The authorization server was away until second 70; 500 calls a second of 10,000 people',
    '',
    outages(seed),
  ].join('\n');
}

function steps(all: Step[]): string {
  const first = firstToBreak(all);
  const head = [
    'calls a second',
    'people',
    'p50',
    'p99',
    'refused',
    'by',
    'environments',
    'signatures a call',
  ];
  const said = first?.why
    ? `First to break: ${first.why}, at ${count(first.rate)} calls a second (${count(first.users)} people)${lever(first.why)}.`
    : 'Nothing breaks.';
  return [table(head, all.map(rowOf)), '', said].join('\n');
}

export const rowOf = ({ rate, users, outcome }: Step): string[] => [
  count(rate),
  count(users),
  ms(outcome.p50),
  ms(outcome.p99),
  percent(refusedShare(outcome)),
  bottleneck(outcome) ?? '',
  count(outcome.environments),
  (outcome.signatures / Math.max(1, outcome.offered)).toFixed(2),
];

const lever = (why: string) =>
  why in quotas ? `. Lever: ${quotas[why as keyof typeof quotas].lever}` : '';

function rushes(seed: number): string {
  const rows = [
    ['as deployed', usualThrottle, defaultQuotas] as const,
    ['throttles.signIn 100', { rate: 100, burst: 200 }, defaultQuotas] as const,
    ['the same, and ten times the token requests', { rate: 100, burst: 200 }, raised] as const,
  ].flatMap(([name, throttle, given]) =>
    [1_000, 5_000, 20_000].map((people) => {
      const one = rush({ people, within: 600, throttle, quotas: given, seed });
      const why = Object.entries(one.turnedAway).filter(([, times]) => times > 0);
      return [
        name,
        count(people),
        `${(one.allIn / 60).toFixed(1)} min`,
        `${one.p50.toFixed(0)} s`,
        `${one.p99.toFixed(0)} s`,
        why.map(([limit, times]) => `${limit} ${count(times)} times`).join(', '),
      ];
    }),
  );
  return table(['', 'people', 'all are in after', 'p50', 'p99', 'turned away by'], rows);
}

function outages(seed: number): string {
  const common = { rate: () => 500, seconds: 180, users: 10_000, seed };
  const outage = { from: 10, to: 70 };
  const rows = (
    [
      ['for a minute', { outage, expired: 0.02 }],
      ['for an hour: every token is over', { outage: { ...outage, from: 0 }, expired: 1 }],
      [
        'the same, with ten times the token requests and signatures',
        { outage: { ...outage, from: 0 }, expired: 1, quotas: raised },
      ],
    ] as const
  ).map(([name, more]) => {
    const outcome: Outcome = simulateCalls({ ...common, quotas: defaultQuotas, ...more });
    const after = outcome.lastRefusal - outage.to;
    return [
      name,
      percent(refusedShare(outcome)),
      bottleneck(outcome) ?? '',
      `${Math.max(0, after).toFixed(0)} s after its end`,
      count(outcome.renewals),
      (outcome.signatures / outcome.offered).toFixed(2),
    ];
  });
  return table(['', 'refused', 'by', 'last refusal', 'renewals', 'signatures a call'], rows);
}

const count = (value: number) => value.toLocaleString('en-US');
const ms = (seconds: number) => (Number.isNaN(seconds) ? '' : `${(seconds * 1000).toFixed(0)} ms`);
const percent = (share: number) => `${(share * 100).toFixed(share < 0.1 ? 2 : 0)} %`;
