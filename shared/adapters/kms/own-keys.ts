// The keys that carry this broker's tag. KMS cannot list by tag, so this reads the tags of each multi-Region key.
import type { KMSClient } from '@aws-sdk/client-kms';
import { ListKeysCommand, ListResourceTagsCommand } from '#adapters/aws/clients.ts';
import type { OwnKey } from '#core/keys/operator.ts';
import type { KeyUse } from '#core/ports.ts';
import { callKms, whenRefusedWith } from './calls.ts';
import { keyTags } from './tags.ts';

/** How many keys' tags are read at a time. */
const together = 8;
const uses: readonly KeyUse[] = ['dpop', 'assertion'];

export async function ownKeys(client: KMSClient, broker: string): Promise<OwnKey[]> {
  const ids = await multiRegionKeys(client);
  const found: OwnKey[] = [];
  for (let at = 0; at < ids.length; at += together) {
    const batch = ids.slice(at, at + together);
    const tags = await Promise.all(batch.map((id) => tagsOn(client, id)));
    for (const [n, id] of batch.entries()) {
      const own = ownKey(id, broker, tags[n] ?? new Map());
      if (own) found.push(own);
    }
  }
  return found;
}

/** All tags, by name. Returns none for a key of somebody else that we may not read. */
export async function tagsOn(client: KMSClient, id: string): Promise<Map<string, string>> {
  const command = new ListResourceTagsCommand({ KeyId: id });
  const { Tags = [] } = await callKms(
    'ListResourceTags',
    client.send(command),
    whenRefusedWith(['AccessDeniedException', 'NotFoundException'], { Tags: [] }),
  );
  return new Map(Tags.map(({ TagKey = '', TagValue = '' }) => [TagKey, TagValue]));
}

/** Only such keys can ever be ours. */
async function multiRegionKeys(client: KMSClient): Promise<string[]> {
  const ids: string[] = [];
  let Marker: string | undefined;
  do {
    const command = new ListKeysCommand({ Limit: 1000, Marker });
    const page = await callKms('ListKeys', client.send(command));
    for (const { KeyId = '', KeyArn = '' } of page.Keys ?? []) {
      if (KeyId.startsWith('mrk-')) ids.push(KeyArn);
    }
    Marker = page.NextMarker;
  } while (Marker);
  return ids;
}

function ownKey(id: string, broker: string, tags: Map<string, string>): OwnKey | undefined {
  const use = uses.find((one) => one === tags.get(keyTags.use));
  if (tags.get(keyTags.broker) !== broker || !use) return undefined;
  const rotation = tags.get(keyTags.rotation);
  return { id, use, ...(rotation !== undefined && { rotation }) };
}
