// AWS's own command line against the emulator, for the steps that docs/deploy.md tells people to take by hand.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '#infra/bundle.ts';
import { pythonWith } from './python.ts';

const run = promisify(execFile);
const { python, ready } = pythonWith('awscli-1.46.3', ['awscli==1.46.3']);
export const awsCommand = join(dirname(python), 'aws');
const guide = readFileSync(join(root, 'docs/deploy.md'), 'utf8').replaceAll(/\s+/g, ' ');

/** Why it cannot be had here, if so. Installs it the first time. */
export const missingAws = ready;

export const awsEnvironment = (endpoint: string, region = 'us-east-1') => ({
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  AWS_ENDPOINT_URL: endpoint,
  AWS_DEFAULT_REGION: region,
  AWS_ACCESS_KEY_ID: 'bff-deploy-test',
  AWS_SECRET_ACCESS_KEY: 'none',
  AWS_EC2_METADATA_DISABLED: 'true',
});

export function awsFor(endpoint: string, region = 'us-east-1') {
  const environment = awsEnvironment(endpoint, region);

  /** `line` without `aws`, and arguments with spaces in them; what it prints, which is JSON or nothing. */
  async function aws<Answer = unknown>(line: string, ...more: string[]): Promise<Answer> {
    const { stdout } = await run(awsCommand, [...line.split(' '), ...more, '--output', 'json'], {
      env: environment,
      maxBuffer: 50_000_000,
    });
    return (stdout.trim() === '' ? undefined : JSON.parse(stdout)) as Answer;
  }

  return {
    aws,
    /** A command to the letter of the guide, with its blanks filled in. */
    documented<Answer = unknown>(line: string, blanks: Record<string, string> = {}) {
      if (!guide.includes(line)) throw new Error(`docs/deploy.md does not say: ${line}`);
      const filled = Object.entries(blanks).reduce(
        (text, [blank, value]) => text.replaceAll(blank, value),
        line,
      );
      return aws<Answer>(filled.replace(/^aws /, '').replaceAll("'", ''));
    },
  };
}
