// Writes a run down while it happens, and knows which session a token or a code belongs to.
import { createHash } from 'node:crypto';
import type { Ending, Exchange, Recording, SessionRecorded } from './recording.ts';

export interface Recorder {
  recording: Recording;
  now(): number;
  /** A name that occurs once in a run. */
  name(prefix: string): string;
  exchange<T extends Answered>(
    asked: Asked,
    send: () => Promise<T>,
    more?: (answer: T) => Partial<Exchange>,
  ): Promise<{ answer?: T; exchange: Exchange }>;
  /** `beganAt`: when its sign-in began. */
  session(name: string, user: string, beganAt: number): SessionRecorded;
  /** The session that a secret (a code or a token) belongs to. */
  belongs(secret: string, session: string): void;
  sessionOf(secret: string | null | undefined): string | undefined;
  /** The authorization server's name for a session, which it uses to sign out. */
  isKnownAs(session: string, sid: string): void;
  sidOf(session: string): string | undefined;
  /** Sessions may be over from now on, also those whose sign-in is under way. */
  ending(why: string, of: (session: SessionRecorded) => boolean): EndingUnderWay;
}

export interface EndingUnderWay {
  /** It was answered: those that were signed in before are over. */
  confirm(): void;
  /** Nothing more will come of it. */
  finish(): void;
}

/** The product keeps the time of a sign-out for everybody's sake in whole seconds. */
const roundingMs = 1_500;

type Concerns = (session: SessionRecorded) => boolean;

export type Asked = Pick<Exchange, 'act' | 'user' | 'session' | 'method' | 'path'> &
  Partial<Pick<Exchange, 'id' | 'again'>>;

export interface Answered {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

export function recorder(recording: Recording): Recorder {
  const start = performance.now();
  const now = () => performance.now() - start;
  const owners = new Map<string, string>();
  const sids = new Map<string, string>();
  const endings: { why: string; begun: number; until: number; of: Concerns }[] = [];
  let named = 0;
  const name = (prefix: string) => `${prefix}-${++named}`;

  return {
    recording,
    now,
    name,
    async exchange<T extends Answered>(
      asked: Asked,
      send: () => Promise<T>,
      more: (answer: T) => Partial<Exchange> = () => ({}),
    ) {
      const exchange: Exchange = { id: asked.id ?? name(asked.act), ...asked, from: now(), to: 0 };
      // When the connection dies there is no status.
      const answer = await send().catch(() => undefined);
      exchange.to = now();
      if (answer) Object.assign(exchange, seenIn(answer), more(answer));
      recording.exchanges.push(exchange);
      return { ...(answer && { answer }), exchange };
    },
    session(sessionName, user, beganAt) {
      const session: SessionRecorded = { name: sessionName, user, from: now(), endings: [] };
      const meanwhile = endings.filter((one) => one.until >= beganAt && one.of(session));
      session.endings.push(...meanwhile.map(({ why, begun }) => ({ why, begun })));
      recording.sessions.push(session);
      return session;
    },
    belongs: (secret, session) => void owners.set(hashed(secret), session),
    sessionOf: (secret) => (secret ? owners.get(hashed(secret)) : undefined),
    isKnownAs: (session, sid) => void sids.set(session, sid),
    sidOf: (session) => sids.get(session),
    ending(why, of) {
      const one = { why, of, begun: now(), until: Number.POSITIVE_INFINITY };
      endings.push(one);
      const ended = recording.sessions.filter(of).map((session) => {
        const ending: Ending = { why, begun: one.begun };
        session.endings.push(ending);
        return ending;
      });
      return {
        confirm() {
          for (const ending of ended) ending.confirmed = now();
        },
        finish() {
          one.until = now() + roundingMs;
        },
      };
    },
  };
}

export const emptyRecording = (): Recording => ({
  exchanges: [],
  arrivals: [],
  sessions: [],
  injected: [],
  kills: [],
  disabled: [],
  stalls: [],
  recoveries: [],
  lines: [],
  secrets: new Map(),
});

export const hashed = (secret: string): string =>
  createHash('sha256').update(secret).digest('base64url').slice(0, 16);

function seenIn({ status, headers, text }: Answered): Partial<Exchange> {
  const type = one(headers['content-type']);
  const retryAfter = one(headers['retry-after']);
  return {
    status,
    ...(type && { type }),
    ...(retryAfter && { retryAfter }),
    ...(type?.includes('problem+json') && { code: (JSON.parse(text) as { code: string }).code }),
  };
}

const one = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);
