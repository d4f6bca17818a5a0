// `npm run fuzz -- --minutes N --seed S`: the properties of the tests, wherever they are, with as many inputs as fit into
// the time. What holds is written down beside each property; here they are only run.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { glob, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '#infra/bundle.ts';
import { type Examined, type Fuzz, fuzzVariable } from '#test/support/fuzz.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string' },
    only: { type: 'string', default: '' },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
if (!(minutes > 0 && Number.isInteger(seed))) {
  console.error('--minutes and --seed are numbers');
  process.exit(2);
}

/** Some wait for servers most of the time. */
const atOnce = 4;

const files = (await filesWithProperties()).filter((file) => file.includes(values.only));
const folder = await mkdtemp(join(tmpdir(), 'okta-dpop-bff-fuzz-'));
const report = join(folder, 'report');
await writeFile(report, '');
const seconds = (minutes * 60 * Math.min(atOnce, files.length)) / files.length;
const { code, output } = await vitest(files, { seed, seconds, report });
const examined = (await readFile(report, 'utf8'))
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line) as Examined);
await rm(folder, { recursive: true, force: true });

for (const { property, inputs } of examined) {
  console.log(`${inputs.toLocaleString('en').padStart(12)}  ${property}`);
}
const violations = examined.filter(({ violation }) => violation !== undefined);
for (const { property, file, violation } of violations) {
  const again = `npm run fuzz -- --minutes ${minutes} --seed ${seed} --only ${file}`;
  console.log(`\n${property}\n${violation}\nRepeat it: ${again}`);
}
const inputs = examined.reduce((sum, one) => sum + one.inputs, 0);
// Something ended that should not, without an input that can be blamed: a crash, or a test that cannot even begin.
const crashed = code !== 0 && violations.length === 0;
if (crashed) console.log(output);
console.log(
  `${inputs.toLocaleString('en')} inputs, ${violations.length} violations ` +
    `(seed ${seed}, ${minutes} minutes, ${examined.length} properties${crashed ? ', and a crash' : ''})`,
);
process.exitCode = code === 0 ? 0 : 1;

async function filesWithProperties(): Promise<string[]> {
  const found: string[] = [];
  for await (const file of glob('test/**/*.test.ts', { cwd: root })) {
    if (/await holds\(/.test(await readFile(join(root, file), 'utf8'))) found.push(file);
  }
  return found.sort();
}

async function vitest(files: string[], fuzz: Fuzz): Promise<{ code: number; output: string }> {
  const child = spawn(
    join(root, 'node_modules/.bin/vitest'),
    ['run', '--project', 'fast', '--testTimeout', '0', '--maxWorkers', String(atOnce), ...files],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, [fuzzVariable]: JSON.stringify(fuzz) },
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? 1, output };
}
