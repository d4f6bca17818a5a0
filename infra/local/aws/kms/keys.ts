// The stand-in's keys and aliases, kept in a file on request.
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type KeySpec, type MacSpec, type Material, materialOf } from './material.ts';
import type { Tag } from './refusal.ts';

export const account = '111122223333';

export interface Key {
  id: string;
  region: string;
  arn: string;
  spec: KeySpec | MacSpec;
  /** PEM, or the secret of an HMAC key. */
  privateKey: string;
  description: string;
  policy: string;
  tags: Tag[];
  createdAt: number;
  state: 'Enabled' | 'Disabled' | 'PendingDeletion' | 'PendingReplicaDeletion';
  deletion?: { days: number; at?: number };
  /** For a multi-Region key: where its primary is. */
  primaryRegion?: string;
  lastUse?: { operation: string; at: number; request: string };
}

export interface Alias {
  name: string;
  region: string;
  keyId: string;
  createdAt: number;
  updatedAt: number;
}

export interface KeyStore {
  keys: Key[];
  aliases: Alias[];
  now(): number;
  material(key: Key): Material;
  save(): void;
}

export function keyStore(path: string | undefined, now: () => number): KeyStore {
  const kept: Pick<KeyStore, 'keys' | 'aliases'> =
    path && existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { keys: [], aliases: [] };
  const materials = new Map<string, Material>();
  return {
    ...kept,
    now,
    material(key) {
      const found = materials.get(key.id) ?? materialOf(key.privateKey);
      materials.set(key.id, found);
      return found;
    },
    save() {
      if (!path) return;
      // The file holds private keys: only its owner may read it, and it is complete at any moment.
      const next = `${path}.${process.pid}`;
      writeFileSync(next, JSON.stringify({ keys: this.keys, aliases: this.aliases }), {
        mode: 0o600,
      });
      renameSync(next, path);
    },
  };
}

export const newKeyId = (multiRegion: boolean) =>
  multiRegion ? `mrk-${randomUUID().replaceAll('-', '')}` : randomUUID();

export const keyArn = (region: string, id: string) => `arn:aws:kms:${region}:${account}:key/${id}`;
export const aliasArn = (region: string, name: string) =>
  `arn:aws:kms:${region}:${account}:${name}`;

/** KMS writes times as epoch seconds. */
export const seconds = (ms: number) => ms / 1000;
