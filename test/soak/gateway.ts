// The process of the gateway, as its parent has it.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Sample, Start, Told } from './gateway-process.ts';

export interface GatewayProcess {
  lambdaUrl: string;
  /** The origin of the company's own API. */
  ownApi: string;
  sample(): Promise<Sample>;
  close(): Promise<void>;
}

export async function startGatewayProcess(start: Start): Promise<GatewayProcess> {
  const child = fork(fileURLToPath(new URL('./gateway-process.ts', import.meta.url)), {
    // So that what is kept can be told from what nobody has collected yet.
    execArgv: ['--expose-gc'],
  });
  child.send(start);
  const told = await answer(child, 'ready');
  return {
    lambdaUrl: told.lambdaUrl,
    ownApi: told.ownApi,
    async sample() {
      child.send({});
      return (await answer(child, 'sample')).sample;
    },
    async close() {
      if (!child.connected) return;
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

function answer<Kind extends Told['kind']>(
  child: ChildProcess,
  kind: Kind,
): Promise<Extract<Told, { kind: Kind }>> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`the gateway ended with ${code}`));
    const hear = (told: Told) => {
      if (told.kind !== kind) return;
      child.off('message', hear);
      child.off('exit', ended);
      resolve(told as Extract<Told, { kind: Kind }>);
    };
    child.on('message', hear);
    child.once('exit', ended);
  });
}
