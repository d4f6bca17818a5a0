// The gateway and the functions, in a process that has nothing else: its memory and its handles are theirs. It says what
// they keep whenever it is asked.
import { readdir } from 'node:fs/promises';
import type { Functions } from '#infra/local/gateway/lambda/lambda.ts';
import type { OwnConfig } from '#infra/local/run/own-config.ts';
import { startSystem } from '#infra/local/run/system.ts';

export interface Start {
  port: number;
  config: OwnConfig;
  environment: Record<string, string>;
  /** Of each function at once. */
  containers: number;
}

export interface Sample {
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

export type Told = { kind: 'ready'; lambdaUrl: string } | { kind: 'sample'; sample: Sample };

const tell = (told: Told) => process.send?.(told);

process.once('message', (start: Start) => void run(start));
process.on('disconnect', () => process.exit());

async function run({ port, config, environment, containers }: Start): Promise<void> {
  let troubles: Record<string, number> = {};
  const system = await startSystem({
    port,
    lambdaPort: 0,
    containers,
    // As long as the run: one that is recycled has nothing to show.
    idleMs: 24 * 3_600_000,
    config,
    environment,
    onLog(name, line) {
      if (!/"level":"(?:WARN|ERROR)"/.test(line)) return;
      const { message, code, reason } = JSON.parse(line) as Record<string, string | undefined>;
      const trouble = [`${name}:`, message, code, reason].filter(Boolean).join(' ');
      troubles[trouble] = (troubles[trouble] ?? 0) + 1;
    },
  });
  process.on('message', async () => {
    system.logs.length = 0;
    const environments = await system.gateway.functions().measure();
    globalThis.gc?.();
    const { heapUsed, external, rss } = process.memoryUsage();
    const descriptors = await readdir('/proc/self/fd').catch(() => undefined);
    tell({
      kind: 'sample',
      sample: {
        rssBytes: rss,
        gatewayBytes: heapUsed + external,
        gatewayHandles: process.getActiveResourcesInfo().length,
        ...(descriptors && { descriptors: descriptors.length }),
        environments,
        troubles,
      },
    });
    troubles = {};
  });
  tell({ kind: 'ready', lambdaUrl: system.gateway.lambdaUrl });
}
