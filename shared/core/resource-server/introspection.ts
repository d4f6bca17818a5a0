// Asks the issuer about an access token: RFC 7662. Only an answer with `active: true` accepts it.
import type { Fetch } from '#core/ports.ts';
import type { Claims } from './access-token.ts';
import { Refusal } from './refusals.ts';
import type { Introspection } from './settings.ts';

const timeoutMs = 3_000;

export function introspected(
  { fetch }: { fetch: Fetch },
  introspection: Introspection,
): (token: string) => Promise<Claims> {
  return async (token) => {
    const answer = await ask(fetch, introspection, token).catch((cause: unknown) => {
      throw new Refusal('introspection_unavailable', { cause });
    });
    if (answer.active !== true) throw new Refusal('token_inactive');
    return answer;
  };
}

async function ask(
  fetch: Fetch,
  { endpoint, authentication }: Introspection,
  token: string,
): Promise<Claims> {
  const { headers = {}, parameters = {} } = await authentication();
  const response = await fetch(
    new Request(endpoint, {
      method: 'POST',
      headers: { accept: 'application/json', ...headers },
      body: new URLSearchParams({ token, token_type_hint: 'access_token', ...parameters }),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    }),
  );
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the introspection endpoint answered ${response.status}`);
  }
  const answer: unknown = await response.json();
  if (typeof answer !== 'object' || answer === null || !('active' in answer)) {
    throw new Error('the introspection endpoint answered something else');
  }
  return answer as unknown as Claims;
}
