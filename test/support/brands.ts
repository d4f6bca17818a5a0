// Brands for the plain strings of tests. In the product only few places make a branded string.
import type { KeyArn, SessionId, SessionSecret } from '#core/brands.ts';

export const keyArn = (text: string) => text as KeyArn;
export const sessionId = (text: string) => text as SessionId;
export const sessionSecret = (text: string) => text as SessionSecret;
