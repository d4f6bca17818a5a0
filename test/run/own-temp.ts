// What the tests of a run put into the temporary folder lies in one folder, which goes with the run: whatever a test that
// failed, a program that was killed, or a CDK app without an output folder left there.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The names under which systems look for it. */
const names = ['TMPDIR', 'TEMP', 'TMP'];

export default async function setup() {
  const folder = await mkdtemp(join(tmpdir(), 'bff-tests-'));
  const before = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) process.env[name] = folder;
  return async () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await rm(folder, { recursive: true, force: true });
  };
}
