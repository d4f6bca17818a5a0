// Text that may be logged: neither secret nor personal. A string from outside does not compile where Plain is
// asked for, so it cannot reach the log by mistake.

declare const isPlain: unique symbol;
export type Plain = string & { readonly [isPlain]: true };

/** Our own words. Only numbers, and text that is already plain, may come between them. */
export const words = (parts: TemplateStringsArray, ...facts: readonly (number | Plain)[]): Plain =>
  plain(String.raw({ raw: parts }, ...facts));

/** The way in for text that the type cannot judge. test/core/events.test.ts lists each caller with its reason. */
export const plain = (text: string): Plain => text as Plain;

/** The name of an error's class. A name that is not an identifier could quote something. */
export const errorName = (fault: unknown): Plain =>
  fault instanceof Error ? identifier(fault.name, words`Error`) : plain(typeof fault);

/** The stable code of an error of jose or oauth4webapi. Their messages may quote what was received. */
export const errorCode = (fault: unknown): Plain =>
  identifier((fault as { code?: unknown } | null)?.code, words`unreadable`);

const identifier = (text: unknown, otherwise: Plain): Plain =>
  typeof text === 'string' && /^[\w.]{1,80}$/.test(text) ? plain(text) : otherwise;

/** An error whose message is our own words, so that the log may repeat it. */
export class PlainError extends Error {
  readonly reason: Plain;
  constructor(reason: Plain, options?: ErrorOptions) {
    super(reason, options);
    this.reason = reason;
  }
}
