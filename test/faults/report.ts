// What a run says: one line at its end, and for each violation what is needed to understand and to repeat it.
import type { Violation } from './invariants/violation.ts';
import type { Arrival, Exchange, Recording } from './recording/recording.ts';
import type { Run } from './runner.ts';

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
const number = (count: number) => count.toLocaleString('en');

export function lastLine({ recording, violations }: Run, seed: number, minutes: number): string {
  const { exchanges, injected, kills, sessions } = recording;
  return (
    `${number(injected.length)} faults, ${number(violations.length)} violations ` +
    `(seed ${seed}, ${minutes.toFixed(1)} minutes, ${number(sessions.length)} sessions, ` +
    `${number(exchanges.length)} requests, ${number(renewals(recording))} renewals, ${number(kills.length)} kills)`
  );
}

const renewals = ({ arrivals }: Recording) =>
  arrivals.filter(({ step, status }) => step === 'token refresh_token' && status === 200).length;

/** Which faults met which step, and how often. */
export function matrix({ injected }: Recording): string {
  const cells = new Map<string, Map<string, number>>();
  for (const { dependency, step, fault } of injected) {
    const row = cells.get(`${dependency}: ${step}`) ?? new Map<string, number>();
    cells.set(`${dependency}: ${step}`, row);
    row.set(fault, (row.get(fault) ?? 0) + 1);
  }
  return [...cells]
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([step, row]) => `${step}: ${[...row].map((cell) => cell.join(' ')).join(', ')}`)
    .join('\n');
}

/** How often each answer came. */
export function answers({ exchanges }: Recording): string {
  const counts = new Map<string, number>();
  for (const { act, status, code } of exchanges) {
    const name = [act, status ?? 'no answer', code].filter(Boolean).join(' ');
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts]
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([name, count]) => `${name}: ${count}`)
    .join('\n');
}

/** How long before a violation its history begins. */
const beforeMs = 8_000;
const afterMs = 500;
const mostOfOthers = 25;

interface Line {
  at: number;
  text: string;
}

/** What happened to the session, and what went wrong at the same time and may have been its fault. */
export function history(violation: Violation, recording: Recording): string {
  const { invariant, what, session, user } = violation;
  const end = Math.min(violation.to, violation.from + 35_000) + afterMs;
  const within = (at: number) => at >= violation.from - beforeMs && at <= end;
  const during = ({ at }: { at: number }) => at >= violation.from && at <= end;
  const exchanges = recording.exchanges.filter(
    (one) => within(one.from) && (session ? one.session === session : one.user === user),
  );
  const ids = new Set(exchanges.map(({ id }) => id));
  const arrivals = recording.arrivals.filter(
    (one) => within(one.from) && ((session && one.session === session) || ids.has(one.call ?? '')),
  );
  const endings = recording.sessions.find(({ name }) => name === session)?.endings ?? [];
  const unattributed = recording.injected
    .filter(({ dependency }) => dependency !== 'api' && dependency !== 'issuer')
    .filter(during)
    .map(
      ({ at, dependency, step, fault }): Line => ({
        at,
        text: `  somebody’s ${dependency}: ${step}: ${fault}`,
      }),
    );
  const lines = [
    ...exchanges.map((one): Line => ({ at: one.from, text: exchangeLine(one) })),
    ...arrivals.map((one): Line => ({ at: one.from, text: arrivalLine(one) })),
    ...recording.kills
      .filter(during)
      .map(({ at, function: name }): Line => ({ at, text: `  ${name} was killed` })),
    ...endings.map(
      ({ begun: at, why, confirmed }): Line => ({
        at,
        text: `  ends: ${why}, ${confirmed ? `answered at ${seconds(confirmed)}` : 'not answered'}`,
      }),
    ),
    ...unattributed.slice(-mostOfOthers),
  ].toSorted((one, other) => one.at - other.at);
  return [
    `${invariant}: ${what} (${session ?? user ?? 'the run'}, at ${seconds(violation.from)})`,
    ...lines.map(({ at, text }) => `  ${seconds(at)} ${text}`),
  ].join('\n');
}

const arrivalLine = ({ dependency, step, fault, acted, status, error, to }: Arrival) =>
  `  ${dependency}: ${step}: ${[fault ?? 'no fault', acted ? 'acted' : 'not done', status, error].filter(Boolean).join(', ')} until ${seconds(to)}`;

const exchangeLine = ({ act, method, path, status, code, to }: Exchange) =>
  `${act}: ${method} ${path}: ${[status ?? 'no answer', code].filter(Boolean).join(' ')} at ${seconds(to)}`;
