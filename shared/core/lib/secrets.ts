// The random values that a browser carries: session cookies, login cookies, `state`.

import type { RandomBytes } from '#core/ports.ts';
import { base64url } from './encoding.ts';

/** 256 random bits. */
export const newSecret = (random: RandomBytes): string => base64url(random(32));

export const isSecret = (text: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(text);
