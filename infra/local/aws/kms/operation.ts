// The type of an operation, and the paging that all lists share.
import type { Need } from '../iam/guard.ts';
import type { KeyStore } from './keys.ts';
import { type Input, KmsRefusal, optionalText, wholeNumber } from './refusal.ts';

export interface Context {
  store: KeyStore;
  region: string;
  /** Tells whether the caller could do more. Absent when nobody checks permissions. */
  may?: (need: Need) => boolean;
}

export type Operation = (context: Context, input: Input) => Promise<object> | object;

export function page<T>(
  input: Input,
  { name, limit, max }: { name: string; limit: number; max: number },
  all: T[],
  show: (item: T) => object,
) {
  const size = wholeNumber(input, 'Limit', { min: 1, max, otherwise: limit });
  const marker = optionalText(input, 'Marker');
  const place = marker === undefined ? '0' : Buffer.from(marker, 'base64').toString();
  if (!/^\d+$/.test(place)) throw new KmsRefusal('InvalidMarkerException');
  const from = Number(place);
  const next = from + size;
  return {
    [name]: all.slice(from, next).map(show),
    Truncated: next < all.length,
    ...(next < all.length && { NextMarker: Buffer.from(String(next)).toString('base64') }),
  };
}
