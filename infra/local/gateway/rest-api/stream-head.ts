// The head that a function sends before its body when it streams: JSON, then eight NUL bytes (Lambda proxy integration
// with response streaming).
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { mostBytes } from '#core/limits.ts';
import { remapped } from './remapped.ts';

export interface StreamHead {
  status: number;
  headers: [name: string, value: string][];
}

const delimiter = Buffer.alloc(8);

/** Takes chunks until the head is complete, then returns it with the remaining bytes. `bad`: there is no valid head. */
export function headReader() {
  let held = Buffer.alloc(0);
  return (chunk: Uint8Array): { head: StreamHead; rest: Buffer } | 'bad' | undefined => {
    held = Buffer.concat([held, chunk]);
    const at = held.indexOf(delimiter);
    if (at < 0) return held.length > mostBytes.streamHead ? 'bad' : undefined;
    const head = parse(held.toString('utf8', 0, at));
    return head ? { head, rest: held.subarray(at + delimiter.length) } : 'bad';
  };
}

function parse(text: string): StreamHead | undefined {
  try {
    const said = JSON.parse(text) as Said;
    const status = said.statusCode ?? 200;
    if (!Number.isInteger(status) || status < 200 || status > 599) return undefined;
    const headers = [
      ...Object.entries(said.headers ?? {}).map(([name, value]): Line => [name, `${value}`]),
      ...Object.entries(said.multiValueHeaders ?? {}).flatMap(([name, values]) =>
        values.map((value): Line => [name, value]),
      ),
    ];
    const cookies = (said.cookies ?? []).map((cookie): Line => ['set-cookie', cookie]);
    for (const [name, value] of [...headers, ...cookies]) {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    }
    return {
      status,
      headers: [...headers.map(([name, value]): Line => [remapped(name), value]), ...cookies],
    };
  } catch {
    return undefined;
  }
}

type Line = [name: string, value: string];

interface Said {
  statusCode?: number;
  headers?: Record<string, unknown>;
  multiValueHeaders?: Record<string, string[]>;
  cookies?: string[];
}
