// How old the keys are and how many sessions hang on them: what an operator and the alarms want to know.
import { activeKey, type RingKey, type RingStore } from './key-ring.ts';
import type { Clock, KeyUse, LogEvent, SessionCensus } from './ports.ts';

/** Facts about keys that the ring does not hold. */
export interface KeyBirths {
  /** Epoch seconds. */
  createdAt(id: string): Promise<number>;
}

export interface KeyReport extends RingKey {
  use: KeyUse;
  ageDays: number;
  /** Live sessions that are pinned to it, and when the last of them ends at the latest. */
  sessions: number;
  lastEnd?: number;
}

export interface Reporting {
  rings: RingStore;
  births: KeyBirths;
  census: SessionCensus;
  clock: Clock;
  log: LogEvent;
}

export async function reportKeys(needs: Reporting): Promise<KeyReport[]> {
  const reports: KeyReport[] = [];
  for (const use of ['dpop', 'assertion'] as const) {
    const ring = await needs.rings.read(use);
    const keys = await Promise.all(ring.keys.map((key) => reportOf(needs, use, key)));
    const active = keys.find(({ id }) => id === activeKey(ring));
    needs.log(`keys.${use}.reported`, {
      keys: keys.length,
      ...(active && { ageDays: active.ageDays }),
      ...(use === 'dpop' && {
        sessions: active?.sessions ?? 0,
        drainingSessions: keys.reduce((sum, key) => sum + (key === active ? 0 : key.sessions), 0),
      }),
    });
    reports.push(...keys);
  }
  return reports;
}

const daySeconds = 86_400;

async function reportOf(
  { births, census, clock }: Reporting,
  use: KeyUse,
  key: RingKey,
): Promise<KeyReport> {
  const [createdAt, pinned] = await Promise.all([
    births.createdAt(key.id),
    use === 'dpop' ? census.onKey(key.id) : { sessions: 0 },
  ]);
  const ageDays = Math.floor((clock.now() / 1000 - createdAt) / daySeconds);
  return { ...key, use, ageDays, ...pinned };
}
