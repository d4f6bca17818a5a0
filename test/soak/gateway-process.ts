// The gateway and the functions, in a process that has nothing else: its memory and its handles are theirs. It says what
// they keep whenever it is asked.
import { readdir } from 'node:fs/promises';
import type { Functions } from '#infra/local/gateway/lambda/lambda.ts';
import type { OwnConfig } from '#infra/local/run/own-config.ts';
import { startSystem } from '#infra/local/run/system.ts';
import { startOwnApi } from './own-api.ts';
import { cpuMeter, type Spent } from './speed.ts';

export interface Start {
  port: number;
  config: OwnConfig;
  environment: Record<string, string>;
  /** Of each function at once. */
  containers: number;
}

export interface Sample extends Spent {
  rssBytes: number;
  /** Of the gateway's own thread, after a collection. */
  gatewayBytes: number;
  /** What the gateway's event loop knows. */
  gatewayHandles: number;
  /** Of the process, sockets of all environments included; absent where the system does not tell. */
  descriptors?: number;
  environments: Awaited<ReturnType<Functions['measure']>>;
  /** How often each warning or error was logged since the last sample. */
  troubles: Record<string, number>;
}

export type Told =
  | { kind: 'ready'; lambdaUrl: string; ownApi: string }
  | { kind: 'sample'; sample: Sample };

const tell = (told: Told) => process.send?.(told);

process.once('message', (start: Start) => void run(start));
process.on('disconnect', () => process.exit());

async function run({ port, config, environment, containers }: Start): Promise<void> {
  let troubles: Record<string, number> = {};
  const onLog = (name: string, line: string) => {
    if (!/"level":"(?:WARN|ERROR)"/.test(line)) return;
    const { message, code, reason } = JSON.parse(line) as Record<string, string | undefined>;
    const trouble = [`${name}:`, message, code, reason].filter(Boolean).join(' ');
    troubles[trouble] = (troubles[trouble] ?? 0) + 1;
  };
  // As long as the run: an environment that is recycled has nothing to show.
  const same = { containers, idleMs: 24 * 3_600_000, environment, onLog };
  const ownApi = await startOwnApi({ ...same, issuer: config.issuer ?? '' });
  const routes = [...(config.routes ?? []), ownApi.route];
  const system = await startSystem({
    ...same,
    port,
    lambdaPort: 0,
    config: { ...config, routes },
  });
  const meter = cpuMeter();
  process.on('message', async () => {
    const spent = meter.read();
    system.logs.length = 0;
    const measured = [system.gateway.functions().measure(), ownApi.measure()];
    const environments = (await Promise.all(measured)).flat();
    globalThis.gc?.();
    const { heapUsed, external, rss } = process.memoryUsage();
    const descriptors = await readdir('/proc/self/fd').catch(() => undefined);
    tell({
      kind: 'sample',
      sample: {
        ...spent,
        rssBytes: rss,
        gatewayBytes: heapUsed + external,
        gatewayHandles: process.getActiveResourcesInfo().length,
        ...(descriptors && { descriptors: descriptors.length }),
        environments,
        troubles,
      },
    });
    troubles = {};
    meter.begin();
  });
  tell({ kind: 'ready', lambdaUrl: system.gateway.lambdaUrl, ownApi: ownApi.origin });
}
