// How an API authenticates to the introspection endpoint with a secret (RFC 6749 section 2.3.1).
import type { Introspection } from '#core/resource-server/request-verifier.ts';

/** For `introspection.authentication`: id and secret in the Authorization header (RFC 6749 section 2.3.1). */
export function clientSecretBasic(
  clientId: string,
  clientSecret: string,
): Introspection['authentication'] {
  const encoded = [clientId, clientSecret].map(formEncoded).join(':');
  const authorization = `Basic ${Buffer.from(encoded).toString('base64')}`;
  return async () => ({ headers: { authorization } });
}

const formEncoded = (text: string): string => new URLSearchParams({ _: text }).toString().slice(2);
