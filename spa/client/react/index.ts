'use client';
// React 18 and 19.
export type { Seen } from '../seen.ts';
export { BffProvider, useBff, useBffFetch, useSession } from './hooks.ts';
export { RequireSession, type RequireSessionProps } from './require-session.ts';
export { signedIn } from './router.ts';
