// The sources of the last released version, out of the repository's history, to be deployed as they were.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '#infra/bundle.ts';

const run = promisify(execFile);

/** 0.1.0, as test/infra/aws/released.json has it. */
const commit = '4d219a0';

/** Why it cannot be had here, if so. */
export const missingRelease = (clone = root) =>
  run('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: clone }).then(
    () => undefined,
    () =>
      `the last release, commit ${commit}, is not in this copy: it takes a clone with the full history (git fetch --unshallow)`,
  );

/** With the packages of today: those of its own lock file are not installed. */
export async function releasedSources(of = commit) {
  const folder = await mkdtemp(join(tmpdir(), 'bff-released-'));
  const archive = `${folder}.tar`;
  await run('git', ['archive', '--output', archive, of], { cwd: root });
  await run('tar', ['-xf', archive, '-C', folder]);
  await rm(archive);
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
