// The configuration of an API's authorizer: checked at synth, and read by the function.
import * as z from 'zod/mini';
import type { ApiAuthorizerInput } from './api-authorizer-input.ts';
import { ConfigError, describe } from './faults.ts';
import { secureUrl } from './schema.ts';

const word = z.string().check(z.regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'must be a single word'));
const words = z.array(word);
const routeKey = z
  .string()
  .check(
    z.regex(/^(\*|\$default|[A-Z]+ \/\S*)$/, 'must be a route key, for example GET /orders/{id}'),
  );

const schema = z.strictObject({
  issuer: secureUrl,
  audience: z.union([
    z.pipe(
      word,
      z.transform((one) => [one]),
    ),
    words.check(z.minLength(1)),
  ]),
  scopes: z.union([words, z.record(routeKey, words)]),
  nonces: z.enum(['gateway', 'integration', 'none']),
  replay: z.enum(['table', 'none']),
  bearer: z.enum(['deny', 'allow']),
  publicUrl: z.optional(secureUrl),
  jwksUri: z.optional(secureUrl),
  answers: z._default(z.enum(['simple', 'iam']), 'simple'),
});

export type ApiAuthorizerConfig = z.output<typeof schema>;

/** At synth the compiler has checked the type; a function reads what somebody may have changed. */
export function parseApiAuthorizer(input: ApiAuthorizerInput): ApiAuthorizerConfig {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new ConfigError(result.error.issues.flatMap((issue) => describe(issue, input)));
}
