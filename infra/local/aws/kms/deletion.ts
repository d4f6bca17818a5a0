// Deletes a key after its waiting period. A primary's period begins when its replicas are gone.
import type { Key, KeyStore } from './keys.ts';

const day = 86_400_000;

export function pendDeletion(store: KeyStore, key: Key, days: number): void {
  const waits = key.primaryRegion === key.region && replicasOf(store, key).length > 0;
  key.state = waits ? 'PendingReplicaDeletion' : 'PendingDeletion';
  key.deletion = waits ? { days } : { days, at: store.now() + days * day };
}

export function buryDeleted(store: KeyStore): void {
  const gone = store.keys.filter((key) => (key.deletion?.at ?? Infinity) <= store.now());
  for (const key of gone) {
    store.keys.splice(store.keys.indexOf(key), 1);
    const aliases = store.aliases.filter((a) => a.keyId !== key.id || a.region !== key.region);
    store.aliases.splice(0, store.aliases.length, ...aliases);
    const primary = store.keys.find((k) => k.id === key.id && k.state === 'PendingReplicaDeletion');
    if (primary && replicasOf(store, primary).length === 0)
      pendDeletion(store, primary, primary.deletion?.days ?? 30);
  }
}

export const replicasOf = (store: KeyStore, key: Key) =>
  store.keys.filter((other) => other.id === key.id && other.region !== key.primaryRegion);
