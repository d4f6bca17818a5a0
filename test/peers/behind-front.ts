// A server that can be stopped and started again. Its front leads to it only while it runs.
import type { Front } from '#test/support/peers/front.ts';
import type { ServerProcess } from './process.ts';

export interface Launch {
  start(): Promise<ServerProcess>;
  /** What has to be told to the server before anybody else comes. */
  prepare?(): Promise<void>;
}

export interface Restartable {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Starts it for the first time. It is stopped again if it does not answer. */
  opened<T>(ask: () => Promise<T>): Promise<T>;
}

export function behindFront(front: Front, url: string, launch: Launch): Restartable {
  let running: ServerProcess | undefined;
  const start = async () => {
    running = await launch.start();
    await launch.prepare?.();
    front.leadTo(url);
  };
  const stop = async () => {
    front.leadTo(undefined);
    await running?.stop();
    running = undefined;
  };
  return {
    start,
    stop,
    async opened(ask) {
      try {
        await start();
        return await ask();
      } catch (fault) {
        await stop();
        throw fault;
      }
    },
  };
}
