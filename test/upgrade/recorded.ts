// What a released version stored: record.ts writes it, stored.test.ts reads it. Its keys and cookies are throwaway ones.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

export interface Recorded {
  version: string;
  /** When it was stored, in epoch seconds. */
  at: number;
  origin: string;
  issuer: string;
  table: string;
  /** The cookie of somebody who is signed in, on the key of before a rotation. */
  session: string;
  /** The cookie of somebody whom an operator signed out. */
  signedOut: string;
  /** A sign-in under way. */
  login: { state: string; name: string; cookie: string };
  /** As the stand-in of KMS keeps them. */
  keys: {
    id: string;
    arn: string;
    privateKey: string;
    tags: { TagKey: string; TagValue: string }[];
  }[];
  items: Stored[];
}

/** An item in JSON: bytes are text in base64. */
type Stored = Record<string, Exclude<AttributeValue, AttributeValue.BMember> | { B: string }>;

export const storedOf = (item: Record<string, AttributeValue>): Stored =>
  mapped(item, (value) =>
    value.B ? { B: Buffer.from(value.B).toString('base64') } : value,
  ) as Stored;

export const itemOf = (stored: Stored): Record<string, AttributeValue> =>
  mapped(stored, (value) =>
    typeof value.B === 'string' ? { B: Buffer.from(value.B, 'base64') } : value,
  ) as Record<string, AttributeValue>;

function mapped<T extends object>(item: T, change: (value: { B?: never }) => unknown): unknown {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, change(value)]));
}
