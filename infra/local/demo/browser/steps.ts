// One line of the diagram: who called whom, the answer, and the decoded proof of the call.

import { explained } from './explained.ts';

export type Lane = 'browser' | 'broker' | 'okta';

export interface Step {
  /** Epoch milliseconds. */
  at: number;
  from: Lane;
  to: Lane;
  title: string;
  tags: string[];
  answer: string;
  kind: 'good' | 'challenge' | 'bad';
  details: [name: string, value: string][];
}

/** The stand-in's form of it; see OktaEvent there. */
export interface Upstream {
  id: number;
  at: number;
  kind: string;
  method: string;
  path: string;
  /** Who answered: a server of Okta, or an API of its own. */
  server?: string;
  status: number;
  error?: string;
  description?: string;
  challenged: boolean;
  grantType?: string;
  clientAuth?: string;
  scheme?: string;
  proof?: { header: Record<string, unknown>; claims: Record<string, unknown>; jkt?: string };
  secrets?: Record<string, string>;
}

const ways: Record<string, [from: Lane, to: Lane]> = {
  authorize: ['browser', 'okta'],
  logout: ['browser', 'okta'],
  backchannel_logout: ['okta', 'broker'],
  universal_logout: ['okta', 'broker'],
};

export function upstreamStep(event: Upstream): Step {
  const { proof, status, error } = event;
  const isOwn = event.server === 'orders';
  const [from, to] = ways[event.kind] ?? ['broker', 'okta'];
  return {
    at: event.at,
    from,
    to,
    // The rest of a path that resumes a sign-in is a secret of that sign-in.
    title: `${event.method} ${event.path.replace(/(\/authorize)\/.*/, '$1/…')}`,
    tags: [
      ...(event.grantType ? [grants[event.grantType] ?? event.grantType] : []),
      ...(isOwn ? ['own API'] : []),
      ...(proof ? ['proof'] : []),
      ...(event.clientAuth === 'private_key_jwt' ? ['assertion'] : []),
    ],
    answer: error ? `${status} ${error}` : `${status}`,
    kind: event.challenged ? 'challenge' : status >= 400 ? 'bad' : 'good',
    details: [
      ...(event.description
        ? [[isOwn ? 'The API says' : 'Okta says', event.description] as [string, string]]
        : []),
      ...explanation(event),
      ...(proof ? proofDetails(proof, event.scheme) : []),
      ...Object.entries(event.secrets ?? {}).map(
        ([name, hash]) => [name.replace('_', ' '), hash] as [string, string],
      ),
    ],
  };
}

function explanation({ description }: Upstream): [string, string][] {
  const found = explained(description);
  return found
    ? [
        ['about', found.what],
        ['what to do', found.todo],
      ]
    : [];
}

const grants: Record<string, string> = {
  authorization_code: 'code',
  refresh_token: 'refresh',
};

function proofDetails(
  { header, claims, jkt }: NonNullable<Upstream['proof']>,
  scheme: string | undefined,
): [string, string][] {
  const { iat } = claims;
  const order = ['htm', 'htu', 'jti', 'ath', 'nonce'].filter((name) => name in claims);
  return [
    ['scheme', scheme ?? ''],
    ...order.map((name) => [name, `${claims[name]}`] as [string, string]),
    ['iat', typeof iat === 'number' ? new Date(iat * 1000).toISOString() : ''],
    ['key', `${header.alg ?? ''} ${jkt ?? ''}`.trim()],
  ].filter((row): row is [string, string] => row[1] !== '');
}

/** A call of this page, with the browser's timing. */
export function browserStep(entry: PerformanceResourceTiming): Step | undefined {
  const { pathname } = new URL(entry.name);
  if (!/^\/bff\/(?!session)/.test(pathname)) return undefined;
  const status = entry.responseStatus;
  return {
    at: performance.timeOrigin + entry.startTime,
    from: 'browser',
    to: 'broker',
    title: pathname,
    tags: ['cookie'],
    answer: status ? `${status}` : 'no answer',
    kind: status >= 200 && status < 400 ? 'good' : 'bad',
    details: [
      ['sent', 'the session cookie and X-BFF-CSRF'],
      ['took', `${Math.round(entry.duration)} ms`],
    ],
  };
}
