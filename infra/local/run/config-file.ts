// Reads the file that --config names.
import { readFile } from 'node:fs/promises';
import { UsageError } from './options.ts';
import type { OwnConfig } from './own-config.ts';

/** Its fields are checked with the rest of the configuration. */
export async function readConfigFile(path: string): Promise<OwnConfig> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const reasons: Record<string, string> = {
      ENOENT: 'there is no such file',
      EISDIR: 'it is a folder',
      EACCES: 'it cannot be read: permission denied',
    };
    throw new UsageError(`--config ${path}: ${reasons[error.code ?? ''] ?? error.message}`);
  });
  const value = parse(path, text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new UsageError(`--config ${path}: it must be a JSON object`);
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The message may quote the file, which may hold a client secret.
    const at = /\(line \d+ column \d+\)/.exec((error as Error).message)?.[0] ?? '';
    throw new UsageError(`--config ${path}: it is not JSON ${at}`.trim());
  }
}
