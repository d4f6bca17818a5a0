// The bare server, as its parent has it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { visitor } from '#test/support/visitor.ts';

export async function startBare() {
  const child = fork(fileURLToPath(new URL('./bare-server.ts', import.meta.url)));
  const [port] = (await once(child, 'message')) as [number];
  const visit = visitor(`http://127.0.0.1:${port}`);
  return {
    /** With the same client as all other requests. */
    ask: () => visit.send('/'),
    close: () => child.disconnect(),
  };
}
