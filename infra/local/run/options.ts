// The flags of `npm start`. Each mistake gets one clear line.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { isLoopback } from '#infra/local/gateway/site/dev-server.ts';
import type { SpaSource } from '#infra/local/gateway/site/spa.ts';

export interface StartOptions {
  port: number;
  oktaPort: number;
  /** Default: 3002, or any free one. */
  lambdaPort?: number;
  configFile?: string;
  issuer?: string;
  clientId?: string;
  containers: number;
  /** Serves the app over TLS. */
  https?: true;
  persist?: string;
  /** Default: the demo app. */
  spa?: SpaSource;
  /** A panel over that app shows what went upstream. */
  inside?: true;
  log: 'pretty' | 'json';
  /** By default the embedded table and keys allow each function only what the stack allows. */
  strictIam?: false;
}

/** The command line is wrong. */
export class UsageError extends Error {
  override name = 'UsageError';
}

export const usage = `npm start -- [options]

  --port <n>           where the app is, on localhost (3000)
  --okta-port <n>      where the Okta stand-in is, on 127.0.0.1 (3001)
  --lambda-port <n>    where functions can be invoked by the operator's command (3002, or any free one)
  --config <file>      a configuration as JSON; if it names an issuer, that replaces the stand-in
  --issuer <url>       sign in at this authorization server instead; needs --client-id
  --client-id <id>     the app there
  --https              serve the app over TLS, with a certificate made for it; sessions can then be bound to a device
  --containers <n>     the most environments of each function at once (8)
  --persist <folder>   keep the table, the keys and the certificate there
  --spa <folder|url>   your app instead of the demo: built files, or a dev server on this machine
  --inside             with --spa: a panel over your app shows what went upstream for it
  --ssr                pass the session's cookie on to your dev server, which renders pages with okta-dpop-bff/server
  --log <pretty|json>  how the functions' log lines are shown (pretty)
  --no-strict-iam      let every function do everything with the table and the keys; by default its deployed
                       policies are enforced (--strict-iam)
  --help               this text

AWS_ENDPOINT_URL_DYNAMODB and AWS_ENDPOINT_URL_KMS name servers to use instead of the embedded ones.
`;

const flags = {
  port: { type: 'string' },
  'okta-port': { type: 'string' },
  'lambda-port': { type: 'string' },
  config: { type: 'string' },
  issuer: { type: 'string' },
  'client-id': { type: 'string' },
  https: { type: 'boolean' },
  containers: { type: 'string' },
  persist: { type: 'string' },
  spa: { type: 'string' },
  inside: { type: 'boolean' },
  ssr: { type: 'boolean' },
  log: { type: 'string' },
  'strict-iam': { type: 'boolean' },
  'no-strict-iam': { type: 'boolean' },
  help: { type: 'boolean' },
} as const satisfies ParseArgsConfig['options'];

export function parseOptions(args: string[]): StartOptions | 'help' {
  const given = read(args);
  if (given.help) return 'help';
  if ((given.issuer === undefined) !== (given['client-id'] === undefined)) {
    throw new UsageError('--issuer and --client-id go together');
  }
  if (given['strict-iam'] && given['no-strict-iam']) {
    throw new UsageError('--strict-iam and --no-strict-iam exclude each other');
  }
  if (given.inside && (given.spa === undefined || given.issuer !== undefined)) {
    throw new UsageError(
      '--inside goes with --spa and the Okta stand-in; the demo has its own page Inside',
    );
  }
  const { persist, spa, config, issuer, log = 'pretty' } = given;
  if (given.ssr && !/^https?:/i.test(spa ?? '')) {
    throw new UsageError('--ssr goes with --spa and the address of a dev server');
  }
  if (log !== 'pretty' && log !== 'json') throw new UsageError('--log must be pretty or json');
  if (persist !== undefined && !isFolderOrFree(persist)) {
    throw new UsageError(`--persist ${persist} is not a folder`);
  }
  const lambdaPort = numberOf('lambda-port', given, { least: 0, most: 65_535 });
  return {
    port: numberOf('port', given, { least: 0, most: 65_535 }) ?? 3000,
    oktaPort: numberOf('okta-port', given, { least: 0, most: 65_535 }) ?? 3001,
    ...(lambdaPort !== undefined && { lambdaPort }),
    containers: numberOf('containers', given, { least: 1, most: 1000 }) ?? 8,
    ...(config !== undefined && { configFile: config }),
    ...(issuer !== undefined && { issuer }),
    ...(given['client-id'] !== undefined && { clientId: given['client-id'] }),
    ...(given.https && { https: true }),
    ...(persist !== undefined && { persist }),
    ...(given.inside && { inside: true }),
    ...(spa !== undefined && { spa: spaOf(spa, given.ssr ?? false) }),
    log,
    ...(given['no-strict-iam'] && { strictIam: false }),
  };
}

function read(args: string[]) {
  try {
    const { values, tokens } = parseArgs({ args, options: flags, tokens: true });
    const names = tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []));
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice) throw new UsageError(`--${twice} is given twice`);
    return values;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    // Only its first sentence: the rest explains how to pass dashes.
    const [first = ''] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(`${first.replace(/\.$/, '')}; see npm start -- --help`);
  }
}

function numberOf(
  name: 'port' | 'okta-port' | 'lambda-port' | 'containers',
  given: Partial<Record<typeof name, string>>,
  { least, most }: { least: number; most: number },
): number | undefined {
  const text = given[name];
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`--${name} must be a whole number from ${least} to ${most}`);
}

function spaOf(text: string, ssr: boolean): SpaSource {
  if (/^[a-z]+:\/\//i.test(text)) {
    const url = URL.parse(text);
    if (url && isLoopback(url)) return { url: url.origin, ...(ssr && { withCookie: true }) };
    throw new UsageError(`--spa ${text} is not a dev server on this machine (http://localhost:…)`);
  }
  if (statSync(join(text, 'index.html'), { throwIfNoEntry: false })?.isFile())
    return { folder: text };
  throw new UsageError(`--spa ${text} is not a folder with an index.html`);
}

const isFolderOrFree = (path: string) =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? true;
