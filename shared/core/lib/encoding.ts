// Encodings and hashes in the forms that OAuth uses.
import { hash } from 'node:crypto';

export const base64url = (data: Uint8Array | string): string =>
  Buffer.from(data as Uint8Array).toString('base64url');

/** SHA-256, base64url: session ids, state hashes, `ath`, `code_challenge`. */
export const sha256 = (text: string): string => hash('sha256', text, 'base64url');
