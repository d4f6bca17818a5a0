// Strings that must never be taken for one another. A brand exists for the compiler only: at run time these are plain
// strings. Whoever makes one, or reads one from outside, brands it there.
declare const brand: unique symbol;

type Branded<Name extends string> = string & { readonly [brand]: Name };

/** The value of the session cookie. Only the browser has it, and only it opens what the table holds. */
export type SessionSecret = Branded<'session secret'>;

/** The hash of a session secret, which names the session in the table. */
export type SessionId = Branded<'session id'>;

/** `ath`: the hash of an access token (RFC 9449 section 4.2). */
export type AccessTokenHash = Branded<'access token hash'>;

/** The ARN of a key in KMS. */
export type KeyArn = Branded<'key ARN'>;
