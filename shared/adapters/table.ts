// The one table: its keys, its indexes and how partitions are named. The adapters, the stack and the local
// system agree on it here (design: section 3).

/** All attributes are strings, save `expiresAt`. */
export const tableSchema = {
  partitionKey: 'pk',
  sortKey: 'sk',
  timeToLive: 'ttl',
  /** Sparse, keys only: they hold hashes and key ids of sessions. */
  indexes: {
    subject: { name: 'bySubject', partitionKey: 'subject' },
    sid: { name: 'bySid', partitionKey: 'sid' },
    email: { name: 'byEmail', partitionKey: 'email' },
    key: { name: 'byKey', partitionKey: 'keyId', sortKey: 'expiresAt' },
  },
} as const;

/** Beginnings of partition keys: grants are given per beginning (dynamodb:LeadingKeys). */
export const partitions = {
  session: 'session#',
  login: 'login#',
  mark: 'mark#',
  jti: 'jti#',
  ring: 'ring',
} as const;
