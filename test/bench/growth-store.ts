// A table of very many sessions: DynamoDB's answer to the one query of a call, from memory. Everything else is asked of the
// stand-in that has the keys and the ring.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate as immediate } from 'node:timers/promises';
import type { Item } from '#adapters/table/items.ts';
import { sessionItem } from '#adapters/table/session-item.ts';
import type { SessionRecord } from '#core/ports.ts';
import type { Config } from '#shared/config/schema.ts';
import { serve } from './child.ts';
import { benchSecret } from './growth-sessions.ts';
import { sessionOf } from './session.ts';

interface Start {
  config: Config;
  key: SessionRecord['key'];
  /** The stand-in's address. */
  rest: string;
}

const batch = 10_000;

serve(async ({ config, key, rest }: Start) => {
  // A million take minutes to make, and a session that has rested for a while costs a write.
  const patient = { ...config, session: { ...config.session, idleMinutes: 600 } };
  const items = new Map<string, string>();
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const pk = JSON.parse(body).ExpressionAttributeValues?.[':pk']?.S;
    const known = items.get(pk);
    const answer =
      known ??
      (await (await fetch(rest, { method: 'POST', headers: sent(request.headers), body })).text());
    response.writeHead(200, {
      'content-type': 'application/x-amz-json-1.0',
      'content-length': Buffer.byteLength(answer),
    });
    response.end(answer);
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    ready: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: async ({ sessions }: { sessions: number }) => {
      for (let number = items.size; number < sessions; number++) {
        const item = sessionItem(sessionOf(patient, benchSecret(number), key));
        items.set(item.pk?.S ?? '', onTheWire(item));
        // So that connections are looked after meanwhile.
        if (number % batch === 0) await immediate();
      }
      return items.size;
    },
  };
});

function onTheWire(item: Item): string {
  const attributes = Object.entries(item).map(([name, { B, ...value }]) => [
    name,
    B ? { B: Buffer.from(B).toString('base64') } : value,
  ]);
  return JSON.stringify({ Items: [Object.fromEntries(attributes)], Count: 1 });
}

const sent = ({
  'x-amz-target': target,
  authorization,
  'x-amz-date': date,
}: NodeJS.Dict<unknown>) => ({
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-target': String(target),
  authorization: String(authorization),
  'x-amz-date': String(date),
});
