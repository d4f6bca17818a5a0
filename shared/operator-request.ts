// What the operator function accepts: from the command line, a schedule or anybody who may invoke it.
import * as z from 'zod/mini';
import { isLoopback } from './config/schema.ts';

const use = z.enum(['dpop', 'assertion']);
/** This text goes into a log line. */
const words = z
  .string()
  .check(z.regex(/^[^\p{Cc}]{1,200}$/u, 'must be 1 to 200 characters in one line'));
const whole = ([least, most]: readonly [number, number]) => {
  const sentence = `must be a whole number from ${least} to ${most}`;
  return z.int(sentence).check(z.minimum(least, sentence), z.maximum(most, sentence));
};

/** The limits of the numbers in a request. */
export const bounds = {
  olderThanDays: [0, 3650],
  settleSeconds: [0, 86_400],
  publishSeconds: [0, 86_400],
  bakeDays: [0, 3650],
  /** KMS's own limits. */
  windowDays: [7, 30],
  everyDays: [1, 3650],
  /** CloudWatch lists a metric for two weeks after its last value. */
  hours: [1, 336],
} as const;
const counted = (name: keyof typeof bounds) => z.optional(whole(bounds[name]));

const all = {
  /** Who asks, according to the caller. CloudTrail records who invoked the function. */
  actor: z._default(words, 'unknown'),
  reason: z._default(words, 'none given'),
};
const changes = { ...all, dryRun: z.optional(z.boolean()) };
const key = z.string().check(z.minLength(1), z.maxLength(256));
/** Names one run of a command from call to call. */
const driver = z
  .string()
  .check(z.regex(/^[\w-]{1,64}$/, 'must be 1 to 64 letters, digits, - and _'));

const ofUser = z.strictObject({ user: z.string().check(z.minLength(1), z.maxLength(320)) });
const onKey = z.strictObject({ key });
/** Named by the beginning of its id, as `sessions` shows it. With a user, only that user's sessions are searched. */
const oneSession = z.strictObject({
  session: z.string().check(z.regex(/^[\w-]{8,43}$/, 'must be 8 to 43 characters of its id')),
  user: z.optional(ofUser.shape.user),
});
const everybodys = z.strictObject({ all: z.literal(true) });

/** A base64url SHA-256: of a token, or of a key. */
const hashed = z.string().check(z.regex(/^[\w-]{43}$/, 'must be 43 characters of base64url'));

const schema = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('list'), ...all }),
  z.strictObject({ action: z.literal('status'), ...all }),
  z.strictObject({ action: z.literal('signatures'), hours: counted('hours'), ...all }),
  z.strictObject({
    action: z.literal('rotate'),
    use: z._default(use, 'dpop'),
    spec: z.optional(z.enum(['ECC_NIST_P256', 'RSA_2048'])),
    driver: z.optional(driver),
    takeOver: z.optional(z.boolean()),
    turn: z.optional(z.enum(['first', 'later'])),
    olderThanDays: counted('olderThanDays'),
    settleSeconds: counted('settleSeconds'),
    publishSeconds: counted('publishSeconds'),
    ...changes,
  }),
  z.strictObject({ action: z.literal('cancel'), use: z._default(use, 'dpop'), ...changes }),
  z.strictObject({
    action: z.literal('retire'),
    key,
    bakeDays: counted('bakeDays'),
    windowDays: counted('windowDays'),
    ...changes,
  }),
  z.strictObject({ action: z.literal('disable'), key, now: z.literal(true), ...changes }),
  z.strictObject({ action: z.literal('enable'), key, ...changes }),
  z.strictObject({ action: z.literal('activate'), key, ...changes }),
  z.strictObject({ action: z.literal('replicate'), ...changes }),
  z.strictObject({
    action: z.literal('tend'),
    everyDays: counted('everyDays'),
    retire: z.optional(z.boolean()),
    ...all,
  }),
  z.strictObject({
    action: z.literal('sessions'),
    whose: z.union([ofUser, onKey]),
    limit: z.optional(z.int().check(z.minimum(1), z.maximum(1000))),
    ...all,
  }),
  z.strictObject({
    action: z.literal('revoke'),
    whose: z.union([oneSession, ofUser, onKey, everybodys]),
    ...changes,
  }),
  // Never the token: what the proof says of it is enough.
  z.strictObject({
    action: z.literal('proof'),
    method: z.string().check(z.regex(/^[A-Z]{1,20}$/, 'must be a method in capitals')),
    url: z.string().check(z.maxLength(2048), z.refine(isTarget, 'must be an https URL')),
    ath: z.optional(hashed),
    jkt: z.optional(hashed),
    nonce: z.optional(
      z
        .string()
        .check(
          z.regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,1024}$/, 'must be a nonce (RFC 9449 section 8.1)'),
        ),
    ),
    key: z.optional(key),
    ...all,
  }),
]);

function isTarget(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url));
}

export type OperatorRequest = z.output<typeof schema>;
export type OperatorEvent = z.input<typeof schema>;

export function parseRequest(event: unknown): OperatorRequest | { faults: string[] } {
  const result = schema.safeParse(event);
  return result.success
    ? result.data
    : {
        faults: result.error.issues.map(
          (issue) => `${issue.path.join('.') || 'event'}: ${sentence(issue)}`,
        ),
      };
}

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `unknown field ${issue.keys.join(', ')}`;
  return issue.message === 'Invalid input' ? 'is missing or malformed' : issue.message;
}
