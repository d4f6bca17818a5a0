// The flags of `npm run doctor`, and the configuration that they select.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigError } from '#shared/config/faults.ts';
import { parseConfig } from '#shared/config/parse.ts';
import type { Config } from '#shared/config/schema.ts';
import { configOf } from '../context.ts';
import { readConfigFile } from '../local/run/config-file.ts';
import { UsageError } from '../local/run/options.ts';

export const usage = (program: string) => `${program} [options]

Compares the configuration with what the authorization server and the deployed broker say. Asks only these two.

  --config <file>       a configuration as JSON, as for npm start
  -c <field>=<value>    a field of it, as for cdk; takes precedence over the file
                        (without --config: context > bff in cdk.json of this folder)
  --json                for scripts
  --help                this text

Exit code: 0 when nothing is wrong, 1 when something is, 2 when the command or the configuration is.
`;

export interface Options {
  config: Config;
  json: boolean;
}

export async function readOptions(args: string[]): Promise<Options | 'help'> {
  const given = read(args);
  if (given.help) return 'help';
  const single = Object.fromEntries((given.context ?? []).map(field));
  const own = given.config ? await readConfigFile(given.config) : cdkContext();
  if (own === undefined && !given.context) throw new UsageError(nothingFound());
  const { config, faults } = configOf((name) => (name === 'bff' ? own : single[name]));
  if (faults.length > 0) throw new ConfigError(faults);
  return { config: parseConfig(config, 'local'), json: given.json ?? false };
}

function read(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        config: { type: 'string' },
        context: { type: 'string', short: 'c', multiple: true },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('. ', 1)[0]}; see --help`);
  }
}

function field(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`-c ${text}: must be field=value`);
  return [text.slice(0, at), text.slice(at + 1)];
}

const cdkFile = (): string => resolve('cdk.json');

/** Returns undefined when the file, or the field in it, is missing. */
function cdkContext(): unknown {
  const file = cdkFile();
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8')).context?.bff;
  } catch {
    throw new UsageError(`${file} is not JSON`);
  }
}

const nothingFound = (): string =>
  `there is no configuration: ${cdkFile()} has no context > bff. Put it there, or give --config <file>, or ` +
  '-c issuer=… -c clientId=… -c publicOrigin=…; docs/configuration.md has every field';
