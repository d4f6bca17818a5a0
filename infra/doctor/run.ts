// The doctor in a process: is the app at the authorization server set up as the configuration needs it?
import { styleText } from 'node:util';
import { ConfigError } from '#shared/config/faults.ts';
import { UsageError } from '../local/run/options.ts';
import { askOnly } from './ask.ts';
import { byHand, discover, examine } from './doctor.ts';
import type { Finding } from './finding.ts';
import { type Options, readOptions, usage } from './options.ts';

const colours = { ok: 'green', warning: 'yellow', wrong: 'red' } as const;

export async function runDoctor(args: string[], program: string): Promise<number> {
  try {
    const options = await readOptions(args);
    if (options !== 'help') return await run(options);
    process.stdout.write(usage(program));
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ConfigError)) throw error;
    console.error(`error: ${error.message}`);
    return 2;
  }
}

async function run({ config, json }: Options): Promise<number> {
  const ask = askOnly(new URL(config.issuer).origin, new URL(config.publicOrigin).origin);
  const findings: Finding[] = [];
  if (!json)
    console.log(`${config.issuer}, client ${config.clientId}, for ${config.publicOrigin}\n`);
  const found = await discover(ask, config.issuer);
  const { clicks } = found.server;
  for await (const finding of examine(ask, config, found)) {
    findings.push(finding);
    if (!json) print(finding);
  }
  const count = (verdict: Finding['verdict']) =>
    findings.filter((one) => one.verdict === verdict).length;
  const wrong = count('wrong');
  if (json) {
    console.log(JSON.stringify({ findings, byHand: byHand(config, clicks) }, undefined, 2));
  } else {
    console.log('\nCannot be seen from outside, so check yourself:');
    for (const click of byHand(config, clicks)) console.log(`  - ${click}`);
    console.log(`\n${count('ok')} ok, ${count('warning')} warnings, ${wrong} wrong`);
  }
  return wrong > 0 ? 1 : 0;
}

function print({ check, verdict, says, todo }: Finding) {
  console.log(`${styleText(colours[verdict], verdict.padEnd(8))}${check.padEnd(23)}${says}`);
  if (todo) console.log(`${' '.repeat(8)}${styleText('dim', `-> ${todo}`)}`);
}
