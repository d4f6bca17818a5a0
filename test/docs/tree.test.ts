// What docs/architecture.md promises of the tree: which chapter may know which, and how large folders and files become.
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

/** The chapters that each chapter of the core may import. Files beside them (ports, errors, settings …) are for all. */
const mayKnow: Record<string, string[]> = {
  lib: [],
  dpop: ['lib'],
  issuer: ['lib', 'dpop'],
  // The other side of a proof: it shares nothing with who makes them.
  'resource-server': ['lib', 'issuer'],
  session: ['lib', 'dpop', 'issuer'],
  // A device's key has to pass what a proof's key has to pass.
  device: ['lib', 'session', 'resource-server'],
  'sign-in': ['lib', 'dpop', 'issuer', 'session', 'device'],
  'sign-out': ['lib', 'dpop', 'issuer', 'session'],
  renewal: ['lib', 'dpop', 'issuer', 'session'],
  keys: ['lib', 'dpop', 'issuer', 'session'],
  // A call may need another token.
  proxy: ['lib', 'dpop', 'issuer', 'session', 'renewal'],
};

const core = 'shared/core';

test('chapters of the core know only the chapters below them', async () => {
  const wrong: string[] = [];
  for (const file of await sources(core)) {
    const [chapter = ''] = file.slice(core.length + 1).split('/');
    const allowed = mayKnow[chapter];
    if (!file.includes('/', core.length + 1)) continue;
    if (!allowed) {
      wrong.push(`${chapter} is no chapter that this test knows`);
      continue;
    }
    for (const [, to = ''] of (await readFile(file, 'utf8')).matchAll(/'#core\/([^/']+)\//g)) {
      if (to !== chapter && !allowed.includes(to)) wrong.push(`${file} imports ${to}`);
    }
  }
  expect(wrong).toEqual([]);
});

/** Folders over the limit, each with its reason. There is none today. */
const largeFolders: Record<string, string> = {};

test('a folder holds at most sixteen sources, or has a reason', async () => {
  const count = new Map<string, number>();
  for (const file of await everySource()) {
    count.set(dirname(file), (count.get(dirname(file)) ?? 0) + 1);
  }
  const large = [...count].filter(([, files]) => files > 16).map(([folder]) => folder);
  expect(large.sort()).toEqual(Object.keys(largeFolders).sort());
});

/** Files over the limit, each with its reason. */
const longFiles: Record<string, string> = {
  'infra/event-meanings.ts': 'the table of what the events mean',
  'infra/local/aws/endpoint.ts': 'the protocol of AWS’s JSON services, faults included',
  'infra/local/gateway/lambda/environment.ts': 'the life of one environment',
  'infra/local/okta/switchboard/faults.ts': 'the table of faults',
  'infra/local/run/system.ts': 'the composition root of the local system',
  'shared/adapters/http/client.ts': 'one exchange, from connection to last byte',
  'shared/core/events.ts': 'the table of events',
  'shared/http/languages.ts': 'the table of sentences, in five languages',
  'shared/core/proxy/call.ts': 'the walk of a call, in one place',
  'spa/client/session.ts':
    'one closure: a minifier shortens no other names, and 3,000 bytes is the limit',
};

test('a source has at most two hundred lines, or a reason', async () => {
  const long: string[] = [];
  for (const file of await everySource()) {
    if ((await readFile(file, 'utf8')).split('\n').length > 201) long.push(file);
  }
  expect(long.sort()).toEqual(Object.keys(longFiles).sort());
});

/** Modules that keep state, each with its reason. */
const stateful: Record<string, string> = {
  'shared/verify/frameworks.ts': 'the requests belong to frameworks of other people',
  'shared/verify/verify.ts': 'callers may write their options anew for each request',
};

test('no module keeps state: an environment and a request hold theirs themselves', async () => {
  const state: string[] = [];
  for (const file of (await Promise.all(['functions', 'shared'].map(sources))).flat()) {
    for (const line of (await readFile(file, 'utf8')).split('\n')) {
      const keeps = /^(export )?(let |const \w+ = new WeakMap)/.test(line);
      if (keeps && !(file in stateful)) state.push(`${file}: ${line}`);
    }
  }
  expect(state).toEqual([]);
});

const everySource = async () =>
  (await Promise.all(['functions', 'infra', 'shared', 'spa'].map(sources))).flat();

const sources = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.includes('node_modules'));
