// All systems of a run share one folder of bundles, which the first of them fills: see infra/local/run/bundles.ts.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { sharedBundles } from '#infra/local/run/bundles.ts';

export default async function setup(project: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), 'bff-shared-bundles-'));
  const empty = () => rm(join(folder, 'functions'), { recursive: true, force: true });
  process.env[sharedBundles] = folder;
  // Watching: the sources have changed.
  project.onTestsRerun(empty);
  return () => rm(folder, { recursive: true, force: true });
}
