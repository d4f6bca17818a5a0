// The shell lines of a guide, run by bash as they stand. Only `aws` and `npx` are ours: the AWS CLI and the CDK's command,
// both against the emulator. What a guide leaves blank is filled in.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '#infra/bundle.ts';
import { awsCommand, awsEnvironment } from './aws.ts';

const run = promisify(execFile);

/** The blocks of code below a heading, in their order, without their indentation. */
export function blocksBelow(page: string, heading: string): string[] {
  const text = readFileSync(join(root, page), 'utf8');
  const [, below] = text.split(`\n${heading}\n`);
  if (below === undefined) throw new Error(`${page} has no heading: ${heading}`);
  const [section = ''] = below.split(/\n##/);
  const fenced = [...section.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)];
  const found =
    fenced.length > 0 ? fenced : [...section.matchAll(/((?:^ {4}\S.*\n|^ {6}.*\n)+)/gm)];
  return found.map(([, block = '']) => block.replaceAll(/^ {3,4}/gm, ''));
}

/** `cdkApp`: a folder that was synthesized. */
export function shellFor(endpoint: string, folder: string, cdkApp?: string) {
  const cdk = join(root, 'node_modules/aws-cdk/bin/cdk');
  return async (lines: string, blanks: Record<string, string> = {}): Promise<string> => {
    const filled = Object.entries(blanks).reduce(
      (text, [blank, value]) => text.replaceAll(blank, value),
      lines,
    );
    const script = [
      'set -euo pipefail',
      // The operator's own command is in other tests (test/infra/operator/documents.test.ts).
      'npm() { echo "npm $*"; }',
      `npx() { shift; '${process.execPath}' '${cdk}' --app '${cdkApp}' --no-notices --require-approval never "$@"; }`,
      filled,
    ].join('\n');
    const { stdout } = await run('bash', ['-c', script], {
      cwd: folder,
      maxBuffer: 50_000_000,
      env: {
        ...awsEnvironment(endpoint),
        AWS_REGION: 'us-east-1',
        CDK_DISABLE_CLI_TELEMETRY: 'true',
        PATH: [dirname(awsCommand), process.env.PATH].join(delimiter),
      },
    });
    return stdout;
  };
}

/** Why the lines cannot be run here, if so. */
export const missingShell = () =>
  run('bash', ['-c', 'command -v jq']).then(
    () => undefined,
    () => 'there is no bash with jq',
  );
