// Somebody else's CDK app: a folder far from the repository with the package, aws-cdk-lib and constructs, and nothing else.
// Symbolic links stand for the folders that npm would make.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '#infra/bundle.ts';
import { packedApp } from './packed.ts';

const run = promisify(execFile);
const modules = join(root, 'node_modules');

/** Our own Node, and the machine's where that is another one that we support: by version, their paths. */
export const nodes = new Map(
  [process.execPath, ...(process.env.PATH ?? '').split(delimiter).map((at) => join(at, 'node'))]
    .filter((path) => existsSync(path))
    .map((path) => [execFileSync(path, ['--version'], { encoding: 'utf8' }).trim(), path] as const)
    .filter(([version]) => Number.parseInt(version.slice(1), 10) >= 20),
);

const compilerOptions = {
  module: 'NodeNext',
  target: 'ES2022',
  // Declarations of aws-cdk-lib need Disposable.
  lib: ['ES2022', 'ESNext.Disposable'],
  strict: true,
  skipLibCheck: false,
  preserveSymlinks: true,
  types: [],
};

export async function cdkApp(sources: Record<string, string>) {
  const app = await packedApp(
    { ...sources, 'tsconfig.json': JSON.stringify({ compilerOptions }) },
    tmpdir(),
  );
  for (const name of [...(await besideCdk()), 'aws-cdk-lib', 'constructs']) {
    const link = join(app.folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(modules, name), link, 'dir');
  }
  return {
    ...app,
    package: join(app.folder, 'node_modules/okta-dpop-bff'),
    compilerSaid: await app.run('typescript/bin/tsc', '-p', app.folder, '--singleThreaded').then(
      ({ stdout }) => stdout,
      ({ message }: Error) => message,
    ),
    /** As `cdk synth` starts the app; gives the folder that it wrote. */
    async synth(node: string, file: string, environment: Record<string, string> = {}) {
      const outdir = join(app.folder, `cdk.out-${file}`);
      await run(node, ['--preserve-symlinks', '--preserve-symlinks-main', file], {
        cwd: app.folder,
        env: { ...environment, CDK_OUTDIR: outdir },
      });
      return outdir;
    },
  };
}

/** What npm installs with aws-cdk-lib: those of its dependencies that it does not bring in itself. */
async function besideCdk(): Promise<string[]> {
  const lib = join(modules, 'aws-cdk-lib');
  const { dependencies } = JSON.parse(await readFile(join(lib, 'package.json'), 'utf8'));
  return Object.keys(dependencies).filter((name) => !existsSync(join(lib, 'node_modules', name)));
}
