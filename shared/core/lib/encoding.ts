// Encodings, hashes and random secrets in the forms that OAuth uses.
import { hash } from 'node:crypto';
import type { RandomBytes } from '#core/ports.ts';

export const base64url = (data: Uint8Array | string): string =>
  Buffer.from(data as Uint8Array).toString('base64url');

/** SHA-256, base64url: session ids, state hashes, `ath`, `code_challenge`. */
export const sha256 = (text: string): string => hash('sha256', text, 'base64url');

/** 256 random bits: session cookies, login cookies, `state`, `code_verifier`. */
export const newSecret = (random: RandomBytes): string => base64url(random(32));

export const isSecret = (text: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(text);
