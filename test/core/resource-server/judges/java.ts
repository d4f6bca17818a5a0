// Spring Security and Nimbus, where a JDK and their libraries are (.ci/run puts them there).
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const libraries = join(process.env.BFF_TEST_MODULES ?? '', 'java');
const paths = (process.env.PATH ?? '').split(':');

export const javaIsHere =
  process.env.BFF_TEST_MODULES !== undefined &&
  existsSync(libraries) &&
  paths.some((path) => existsSync(join(path, 'javac')));

export interface ByJava<T> {
  spring: T;
  nimbus: T;
}

/** A program beside this file that answers each line with a line. It is ready when this returns. */
export function javaProgram(file: string, ...args: string[]) {
  const program = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn('java', ['-cp', join(libraries, '*'), program, ...args]);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const fault = text(child.stderr);
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(await fault);
    return value;
  };
  return {
    next,
    ask: async <Answer>(question: object): Promise<Answer> => {
      child.stdin.write(`${JSON.stringify(question)}\n`);
      return JSON.parse(await next()) as Answer;
    },
    close: (): void => {
      child.stdin.end();
    },
  };
}
