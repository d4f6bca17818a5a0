// `proof`: what it asks of the operator function, and the access token, which stays here. The function gets its hash and
// its thumbprint. `--token -` takes it from standard input, so that no shell keeps it, and no line that we print to paste
// contains it.
import { athOf } from '#core/dpop/proof.ts';
import type { OperatorEvent } from '#shared/operator-request.ts';
import { type Given, UsageError } from './flags.ts';
import type { Terminal } from './terminal.ts';

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

/** The thumbprint of the key that a JWT is bound to. Other tokens do not show theirs. */
function thumbprintIn(token: string): string | undefined {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const jkt: unknown = claims?.cnf?.jkt;
    return typeof jkt === 'string' && /^[\w-]{43}$/.test(jkt) ? jkt : undefined;
  } catch {
    return undefined;
  }
}

const flag = '--token';

/** Returns undefined unless the command line asks for it. */
export async function pipedToken(
  args: readonly string[],
  { read }: Pick<Terminal, 'read'>,
): Promise<string | undefined> {
  const asked = args.some(
    (arg, at) => arg === `${flag}=-` || (arg === flag && args[at + 1] === '-'),
  );
  return asked ? ((await read?.()) ?? '').trim() : undefined;
}

export const withoutToken = (args: readonly string[]): string[] =>
  args.map((arg, at) =>
    args[at - 1] === flag ? '-' : arg.startsWith(`${flag}=`) ? `${flag}=-` : arg,
  );
