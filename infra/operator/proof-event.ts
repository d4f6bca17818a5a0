// What `proof` asks of the operator function. The token stays here: the function gets its hash and its thumbprint.
import { athOf } from '#core/dpop/proof.ts';
import type { OperatorEvent } from '#shared/operator-request.ts';
import { type Given, UsageError } from './flags.ts';

export function proofEvent({ method = 'GET', url, token, nonce, key }: Given): OperatorEvent {
  if (url === undefined) throw new UsageError('say where the proof goes: --url <url>');
  const target = URL.parse(url);
  if (!target) throw new UsageError('--url must be a complete URL');
  if (token === '') throw new UsageError('--token is empty');
  const jkt = token && thumbprintIn(token);
  return {
    action: 'proof',
    method: method.toUpperCase(),
    // `htu` has neither query nor fragment, and nobody else needs them.
    url: target.origin + target.pathname,
    ...(token && { ath: athOf(token) }),
    ...(jkt && { jkt }),
    ...(nonce !== undefined && { nonce }),
    ...(key !== undefined && { key }),
  };
}

/** The key that a JWT is bound to. A token of another form does not say. */
function thumbprintIn(token: string): string | undefined {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const jkt: unknown = claims?.cnf?.jkt;
    return typeof jkt === 'string' && /^[\w-]{43}$/.test(jkt) ? jkt : undefined;
  } catch {
    return undefined;
  }
}
