// What a sign-in under way needs at its callback. It waits sealed in the table, and only the login cookie opens it.
import { isSecret, sha256 } from '#core/lib/encoding.ts';
import { hasShape, isNumber, isString, optional, type Shape } from '#core/lib/shape.ts';
import type { Transaction } from '#core/ports.ts';
import { unseal } from '#core/session/seal.ts';

export const transactionSeconds = 600;

export interface TransactionContent {
  verifier: string;
  nonce: string;
  returnTo: string;
  /** The DPoP key that `dpop_jkt` named. */
  keyId: string;
  maxAge?: number;
  acrValues?: string;
  /** The browser's session at /bff/login: a Strict cookie is not sent to the callback. */
  previous?: string;
  /** The key of the previous sign-in was taken out. A sign-in starts over once only. */
  startedOver?: true;
}

/** Returns undefined when the secret does not open it. */
export function openTransaction(
  secret: string,
  { id, sealed }: Pick<Transaction, 'id' | 'sealed'>,
): TransactionContent | undefined {
  const content = unseal(secret, id, sealed);
  return hasShape(content, contentShape) ? content : undefined;
}

const contentShape: Shape<TransactionContent> = {
  verifier: isString,
  nonce: isString,
  returnTo: isString,
  keyId: isString,
  maxAge: optional(isNumber),
  acrValues: optional(isString),
  previous: optional(isString),
  startedOver: optional((value) => value === true),
};

export const transactionIdOf = (state: string): string => sha256(state);

/** Names the transaction's cookie. */
export const shortId = (transactionId: string): string => transactionId.slice(0, 10);

/** The value of a login cookie. `session` began in another tab meanwhile, and this sign-in replaces it. */
export interface LoginCookie {
  secret: string;
  session?: string | undefined;
}

export function parseLoginCookie(value: string | undefined): LoginCookie | undefined {
  const [secret = '', session = ''] = value?.split('.') ?? [];
  if (!isSecret(secret)) return undefined;
  return { secret, session: isSecret(session) ? session : undefined };
}

export const loginCookieValue = ({ secret, session }: LoginCookie): string =>
  session === undefined ? secret : `${secret}.${session}`;
