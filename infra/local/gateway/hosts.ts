// Whether a request came by a name of this machine. A page elsewhere can have its own name point here (DNS rebinding);
// to the browser it then is of this origin, and only Host still tells (CVE-2025-24010 is this in a dev server).
import type { IncomingMessage } from 'node:http';

const thisMachine = /^(?:(?:[\w-]+\.)*localhost|127\.0\.0\.1|\[::1\])(?::(\d+))?$/i;

/** With our port, or with none; or one of `also`, each as Host has it. */
export function isOurHost(
  { headers: { host = '' }, socket }: IncomingMessage,
  also: readonly string[] = [],
): boolean {
  const found = thisMachine.exec(host);
  if (found && Number(found[1] ?? socket.localPort) === socket.localPort) return true;
  return also.includes(host.toLowerCase());
}

/** Behind a proxy of the developer's own, the port is the proxy's. */
export const isOurName = ({ headers: { host = '' } }: IncomingMessage): boolean =>
  thisMachine.test(host);
