// `npm start`: the whole product on this machine, until Ctrl-C.
import { setTimeout as wait } from 'node:timers/promises';
import { PortTaken } from '#infra/local/lib/listen.ts';
import { ConfigError } from '#shared/config/faults.ts';
import { warningsOf } from '#shared/config/warnings.ts';
import { coloured, hasColour, plain } from '../../operator/screen/style.ts';
import { readConfigFile } from './config-file.ts';
import { prettyLine } from './log-line.ts';
import { parseOptions, type StartOptions, UsageError, usage } from './options.ts';
import type { System } from './system.ts';
import { untilStopped } from './until-stopped.ts';

void main();

async function main() {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options === 'help') process.stdout.write(usage);
    else await run(options);
  } catch (error) {
    console.error(`error: ${sentenceOf(error)}`);
    process.exit(1);
  }
}

async function run(options: StartOptions) {
  const { port, oktaPort, lambdaPort, containers, https, persist, spa, strictIam } = options;
  const own = options.configFile ? await readConfigFile(options.configFile) : {};
  const config = {
    ...own,
    ...(options.issuer && { issuer: options.issuer }),
    ...(options.clientId && { clientId: options.clientId }),
  };
  // Loaded late, so that a wrong flag is reported at once.
  const { startSystem } = await import('./system.ts');
  const { appOf, banner } = await import('./banner.ts');
  const { buildDemo } = await import('#infra/local/demo/index.ts');
  const { buildOverlay } = await import('#infra/local/demo/overlay/index.ts');
  const overlay = spa && options.inside ? () => buildOverlay(spa) : undefined;
  const demo = await (spa ? overlay?.() : buildDemo());
  const { localSessions, sessionsPath } = await import('#infra/local/sessions/sessions.ts');
  const starting = startSystem({
    port,
    oktaPort,
    lambdaPort: lambdaPort ?? 'usual',
    containers,
    ...(strictIam === false && { strictIam }),
    config,
    orders: true,
    ...(https && { https }),
    ...(persist && { persist }),
    ...(spa && { spa }),
    // The first prefix that fits counts.
    mounts: (system) => ({ [sessionsPath]: localSessions(system), ...demo?.mounts(system) }),
    onLog: printer(options.log),
  }).catch(async (error: unknown) => {
    await demo?.close();
    throw error;
  });
  const stopped = untilStopped(async () => {
    await Promise.all([starting.then((system) => system.close()), demo?.close()]);
  });
  const system = await starting;
  const paint = hasColour(process.stdout) ? coloured : plain;
  process.stdout.write(banner({ system, app: appOf(spa), containers, persist, paint }));
  for (const { says } of warningsOf(system.config)) console.error(`warning: ${says}`);
  if (!system.okta) await warn(system);
  process.stdout.write(`ready ${system.url}\n`);
  await stopped;
}

/** A server that does not answer must not delay the start. */
async function warn({ config }: System) {
  const { dpopWarning, issuerWarning } = await import('./issuer-check.ts');
  const warnings = [issuerWarning(config), dpopWarning(config)].map((warning) =>
    warning.then((text) => text && console.error(text)),
  );
  await Promise.race([Promise.all(warnings), wait(2_000, undefined, { ref: false })]);
}

function printer(log: StartOptions['log']) {
  const style = { color: hasColour(process.stdout) };
  return (name: string, line: string) => {
    const text = log === 'json' ? line : prettyLine(name, line, style);
    process.stdout.write(`${text}\n`);
  };
}

function sentenceOf(error: unknown): string {
  if (error instanceof PortTaken) {
    const flag = { gateway: '--port', okta: '--okta-port', lambda: '--lambda-port' }[error.whose];
    return `${error.message}; free it, or choose another with ${flag} <number>`;
  }
  if (error instanceof UsageError || error instanceof ConfigError) return error.message;
  if (!(error instanceof Error)) return String(error);
  // A refusal of the machine takes one line. Anything else is a bug, and shows where it happened.
  const expected = ['FolderInUse', 'ServerUnusable'].includes(error.name) || 'code' in error;
  return expected ? error.message : (error.stack ?? error.message);
}
