// Who may access what: one table of the functions' permissions, from which the stack makes their policies. Everything
// else is denied.
import type { partitions, tableSchema } from '#adapters/table/schema.ts';
import type { KeyUse } from '#core/ports.ts';
import type { FunctionName } from '../../functions.ts';

/** Key policies name the role of `stream`, whether a deployment streams or not. */
export type RoleName = FunctionName;

export type ItemAction = 'GetItem' | 'Query' | 'PutItem' | 'UpdateItem' | 'DeleteItem';

export interface Rights {
  /** Actions on items, by the prefix of their partition key. */
  items: Partial<Record<keyof typeof partitions, readonly ItemAction[]>>;
  /** Indexes that it may query. */
  indexes: readonly (keyof typeof tableSchema.indexes)[];
  /** Uses of the keys that it signs with. */
  signs: readonly KeyUse[];
  /** Uses of the keys whose public part it reads. */
  publishes: readonly KeyUse[];
  /** The client secret, if clientAuth needs one. */
  clientSecret: boolean;
  /** Makes, tags, disables and deletes keys of this broker. */
  managesKeys: boolean;
  /** Reads what CloudWatch counted, to compare the signatures. */
  readsMetrics: boolean;
}

/** It also signs assertions, because it refreshes tokens. */
const proxy = {
  items: {
    session: ['Query', 'UpdateItem', 'DeleteItem'],
    mark: ['GetItem'],
    ring: ['GetItem'],
  },
  indexes: [],
  signs: ['dpop', 'assertion'],
  publishes: ['dpop', 'assertion'],
  clientSecret: true,
  managesKeys: false,
  readsMetrics: false,
} as const satisfies Rights;

export const rights = {
  auth: {
    items: {
      session: ['Query', 'PutItem', 'UpdateItem', 'DeleteItem'],
      login: ['PutItem', 'UpdateItem'],
      mark: ['GetItem'],
      ring: ['GetItem'],
    },
    indexes: [],
    signs: ['dpop', 'assertion'],
    publishes: ['dpop', 'assertion'],
    clientSecret: true,
    managesKeys: false,
    readsMetrics: false,
  },
  proxy,
  stream: proxy,
  machine: {
    items: {
      session: ['GetItem', 'DeleteItem'],
      mark: ['UpdateItem'],
      jti: ['PutItem'],
      ring: ['GetItem'],
    },
    indexes: ['subject', 'sid', 'email'],
    signs: [],
    publishes: ['assertion'],
    clientSecret: false,
    managesKeys: false,
    readsMetrics: false,
  },
  // Signs only to prove that a new key works.
  keys: {
    items: {
      session: ['GetItem', 'Query', 'DeleteItem'],
      mark: ['UpdateItem'],
      ring: ['GetItem', 'PutItem'],
    },
    indexes: ['subject', 'email', 'key'],
    signs: ['dpop', 'assertion'],
    publishes: ['dpop', 'assertion'],
    clientSecret: false,
    managesKeys: true,
    readsMetrics: true,
  },
  authorizer: {
    items: {},
    indexes: [],
    signs: [],
    publishes: [],
    clientSecret: false,
    managesKeys: false,
    readsMetrics: false,
  },
} as const satisfies Record<RoleName, Rights>;
