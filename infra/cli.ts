#!/usr/bin/env node
// `npx okta-dpop-bff`: the commands of this repository, for an app that only has the package.
import { closest } from './closest.ts';
import { version } from './operator/version.ts';

// Our own code runs on Node 24. An app may have an older one, which lacks this.
URL.parse ??= (url, base) => {
  try {
    return new URL(url, base);
  } catch {
    return null;
  }
};

const name = 'okta-dpop-bff';
const usage = `npx ${name} <command> [options]

  operator   keys and sessions of a broker, deployed or local
  doctor     compares the configuration with what the authorization server and the broker say
  migrate    replaces okta-auth-js and its adapters in an app, as far as that is mechanical

Each has --help. The package's folder docs/ has the pages that they name.
`;

/** Loaded when they are called: one needs the AWS clients, the other does not. */
const commands: Record<string, (args: string[], program: string) => Promise<number>> = {
  operator: async (...given) => (await import('./operator/run.ts')).runOperator(...given),
  doctor: async (...given) => (await import('./doctor/run.ts')).runDoctor(...given),
  migrate: async (...given) => (await import('./migrate/run.ts')).runMigrate(...given),
};

process.exitCode = await run(process.argv.slice(2));

async function run([command = 'help', ...args]: string[]): Promise<number> {
  const known = commands[command];
  if (known) return known(args, `npx ${name} ${command}`);
  if (/^(help|--help|-h)$/.test(command)) {
    process.stdout.write(usage);
    return 0;
  }
  if (command === '--version') {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  const meant = closest(command, Object.keys(commands));
  process.stderr.write(
    `error: there is no command ${command}${meant ? `; did you mean ${meant}?` : ''}; see npx ${name} --help\n`,
  );
  return 2;
}
