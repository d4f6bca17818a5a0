// One request, limited in time and size, to the issuer or to the public origin, and to nobody else. Redirects are
// answers, and are not followed.

export interface ProbeAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** Our own clock in epoch milliseconds, while the server made its answer. */
  at: number;
}

export type Ask = (
  url: URL,
  init?: { method?: string; headers?: Record<string, string> },
) => Promise<ProbeAnswer>;

export class Unreachable extends Error {
  override name = 'Unreachable';
}

const timeoutMs = 10_000;
const mostBytes = 1_000_000;

export function askOnly(...origins: string[]): Ask {
  return async (url, init = {}) => {
    if (!origins.includes(url.origin))
      throw new Unreachable(`${url.origin} is neither issuer nor app`);
    const began = Date.now();
    try {
      const response = await fetch(url, {
        ...init,
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      });
      const at = (began + Date.now()) / 2;
      return {
        status: response.status,
        headers: response.headers,
        text: await textOf(response),
        at,
      };
    } catch (error) {
      throw new Unreachable(reasonOf(error), { cause: error });
    }
  };
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > mostBytes) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer';
  if (error.name === 'TimeoutError') return `no answer in ${timeoutMs / 1000} seconds`;
  const cause = error.cause as { code?: string } | undefined;
  const reasons: Record<string, string> = {
    ENOTFOUND: 'the host name is not known',
    EAI_AGAIN: 'the host name cannot be looked up',
    ECONNREFUSED: 'the connection was refused',
    ECONNRESET: 'the connection was cut',
  };
  return reasons[cause?.code ?? ''] ?? cause?.code ?? error.message;
}

export function jsonOf({ text }: ProbeAnswer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
