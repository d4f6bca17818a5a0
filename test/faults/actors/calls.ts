// What a page asks for its user. Each request has an id that its answer must repeat.
import type { Exchange } from '#test/faults/recording/recording.ts';
import { reading } from '#test/support/streams.ts';
import type { Answer, Ask, Visitor } from '#test/support/visitor.ts';
import type { Company } from './company.ts';

export interface Caller {
  user: string;
  visit: Visitor;
  /** The name of the session. */
  session?: string | undefined;
}

/** `see`: gets the answer, if there is one. */
export type Call = (
  company: Company,
  caller: Caller,
  see?: (answer: Answer) => void,
) => Promise<Exchange>;

type Read = (answer: Answer) => Partial<Exchange>;

function asked(act: Exchange['act'], path: string, ask: Ask, read: Read): Call {
  return async ({ recorder }, { visit, user, session }, see) => {
    const id = recorder.name(act);
    const method = ask.method ?? 'GET';
    const body = ask.method === 'POST' ? { body: id } : {};
    const { exchange, answer } = await recorder.exchange(
      { id, act, user, session, method, path },
      () => visit.fetch(`${path}?call=${id}`, { ...ask, ...body }),
      (answer) => (answer.status === 200 ? read(answer) : {}),
    );
    if (answer) see?.(answer);
    return exchange;
  };
}

const text = { 'content-type': 'text/plain' };

export const get = asked('get', '/bff/api/own/echo', {}, (answer) => {
  const { sub, query } = answer.json<{ sub: string; query: string }>();
  return { sub, echoed: query.replace('call=', '') };
});

export const post = asked(
  'post',
  '/bff/api/own/mirror',
  { method: 'POST', headers: text },
  ({ text: echoed }) => ({ echoed }),
);

export const oktaProfile = asked('okta', '/bff/api/v1/users/me', {}, (answer) => ({
  sub: answer.json<{ id: string }>().id,
}));

/** It wants a second factor. */
export const account = asked('account', '/bff/api/myaccount/profile', {}, () => ({}));

export const orders = asked('orders', '/bff/api/shop/orders', {}, () => ({}));

export const cancel = asked(
  'orders',
  '/bff/api/shop/orders/o-1001',
  { method: 'DELETE' },
  () => ({}),
);

export const session = asked('session', '/bff/session', {}, (answer) => {
  const { authenticated, user } = answer.json<{ authenticated: boolean; user?: { sub: string } }>();
  return { authenticated, ...(user && { sub: user.sub }) };
});

/** Reads a stream to its end, or leaves in the middle. */
export async function stream(
  { recorder, world, chance }: Company,
  { visit, user, session: of }: Caller,
  ticks = 4,
): Promise<Exchange> {
  const id = recorder.name('stream');
  const path = '/bff/api/live/x';
  const { exchange } = await recorder.exchange(
    { id, act: 'stream', user, session: of, method: 'GET', path },
    async () => {
      const read = await reading(
        world.traffic.origin(),
        visit,
        `${path}?call=${id}&count=${ticks}&everyMs=250`,
        {
          headers: visit.cookie('__Host-bff-device') ? { cookie: cookieOf(visit) } : {},
        },
      );
      const { status, headers } = read;
      if (status === 200 && chance.of(id, 'leaves') < 0.2) {
        await Promise.race([read.end(), read.until('tick 1').catch(() => {})]);
        read.leave();
        return { status, headers, text: '' };
      }
      const { text } = await read.end();
      return { status, headers, text };
    },
  );
  return exchange;
}

const cookieOf = (visit: Visitor) =>
  visit
    .cookieNames()
    .map((name) => `${name}=${visit.cookie(name)}`)
    .join('; ');
