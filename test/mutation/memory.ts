// What earlier runs have found, a line of JSON for each: an interrupted run goes on where it was.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Memory<T> {
  all(): T[];
  add(entry: T): void;
}

export function memoryIn<T>(
  name: string,
  folder = join(tmpdir(), 'okta-dpop-bff-mutation'),
): Memory<T> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.jsonl`);
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const entries = lines.filter((line) => line.endsWith('}')).map((line) => JSON.parse(line) as T);
  return {
    all: () => [...entries],
    add: (entry) => {
      entries.push(entry);
      appendFileSync(file, `${JSON.stringify(entry)}\n`);
    },
  };
}
