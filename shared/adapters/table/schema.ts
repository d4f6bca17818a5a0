// The one table: its keys, its indexes and the names of its partitions. The adapters, the stack and the local system
// all use these definitions.

/** All attributes are strings, except `expiresAt`. */
export const tableSchema = {
  partitionKey: 'pk',
  sortKey: 'sk',
  timeToLive: 'ttl',
  /** Sparse, keys only: they contain the hashes and key ids of sessions. */
  indexes: {
    subject: { name: 'bySubject', partitionKey: 'subject' },
    sid: { name: 'bySid', partitionKey: 'sid' },
    email: { name: 'byEmail', partitionKey: 'email' },
    key: { name: 'byKey', partitionKey: 'keyId', sortKey: 'expiresAt' },
  },
} as const;

/** Prefixes of partition keys. Permissions are granted per prefix (dynamodb:LeadingKeys). */
export const partitions = {
  session: 'session#',
  login: 'login#',
  mark: 'mark#',
  jti: 'jti#',
  ring: 'ring',
} as const;
