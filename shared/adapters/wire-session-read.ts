// The read of a session, without the SDK: the same query, and the same judgement of what it finds.
import type { SessionStore } from '../core/ports.ts';
import type { AwsCall } from './aws-wire.ts';
import { always, type Item, secondsNow, type Table } from './items.ts';
import { readQuery, storedSession } from './session-item.ts';

export function wireSessionRead(call: AwsCall, table: Table): SessionStore['read'] {
  // Only the id differs from query to query, and it needs no escapes: it is base64url.
  const [before = '', after = ''] = JSON.stringify(readQuery(table.name, '{id}')).split('{id}');
  return async (id) => {
    const { Items = [] } = (await always('Query', call('Query', before + id + after))) as Answer;
    return storedSession(id, Items.map(itemOf), secondsNow(table));
  };
}

interface Answer {
  Items?: WireItem[];
}

/** On the wire bytes are base64; a session has one attribute of bytes. */
type WireItem = Omit<Item, 'sealed'> & { sealed?: { B?: string } };

const itemOf = ({ sealed, ...item }: WireItem): Item =>
  sealed?.B === undefined
    ? (item as Item)
    : ({ ...item, sealed: { B: Buffer.from(sealed.B, 'base64') } } as Item);
