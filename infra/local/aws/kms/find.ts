// Finds a key or an alias, and refuses what a key's state forbids.
import { buryDeleted } from './deletion.ts';
import { type Alias, account, aliasArn, type Key, type KeyStore } from './keys.ts';
import { KmsRefusal } from './refusal.ts';

/** By id or ARN, and by alias where KMS allows one. */
export function findKey(store: KeyStore, region: string, asked: string, aliasAllowed = false): Key {
  const arn = /^arn:[a-z-]+:kms:([a-z0-9-]*):(\d*):(.*)$/.exec(asked);
  if (asked.startsWith('arn:') && !arn)
    throw new KmsRefusal('InvalidArnException', `Invalid arn ${asked}`);
  const [, arnRegion, arnAccount, resource] = arn ?? [undefined, region, account, asked];
  if (arnRegion !== region) throw new KmsRefusal('NotFoundException', `Invalid arn ${arnRegion}`);
  if (resource?.startsWith('alias/') && aliasAllowed) {
    return keyById(store, region, findAlias(store, region, resource).keyId);
  }
  const id = arn ? (resource ?? '').replace(/^key\//, '') : asked;
  if (!/^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/.test(id)) {
    throw new KmsRefusal('NotFoundException', `Invalid keyId '${id}'`);
  }
  return keyById(store, region, id, arnAccount);
}

export function findAlias(store: KeyStore, region: string, name: string): Alias {
  const found = store.aliases.find((alias) => alias.name === name && alias.region === region);
  if (!found)
    throw new KmsRefusal('NotFoundException', `Alias ${aliasArn(region, name)} is not found.`);
  return found;
}

function keyById(store: KeyStore, region: string, id: string, owner = account): Key {
  buryDeleted(store);
  const found = store.keys.find((key) => key.id === id && key.region === region);
  if (found && owner === account) return found;
  throw new KmsRefusal(
    'NotFoundException',
    `Key 'arn:aws:kms:${region}:${owner}:key/${id}' does not exist`,
  );
}

/** Cryptographic operations need an enabled key; administration needs one that is not being deleted. */
export function mustBe(key: Key, need: 'enabled' | 'not_pending_deletion'): Key {
  if (key.state.startsWith('Pending')) {
    throw new KmsRefusal(
      'KMSInvalidStateException',
      `${key.arn} is pending ${pending[key.state] ?? 'deletion'}.`,
    );
  }
  if (need === 'enabled' && key.state === 'Disabled') {
    throw new KmsRefusal('DisabledException', `${key.arn} is disabled.`);
  }
  return key;
}

const pending: Partial<Record<Key['state'], string>> = {
  PendingReplicaDeletion: 'replica deletion',
};
