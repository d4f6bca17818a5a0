// Tells whether a request used a name of this machine. An attacker's page can point its own name here (DNS rebinding).
// The browser then treats it as this origin, and only Host reveals it (CVE-2025-24010 is this bug in a dev server).
import type { IncomingMessage } from 'node:http';

const thisMachine = /^(?:(?:[\w-]+\.)*localhost|127\.0\.0\.1|\[::1\])(?::(\d+))?$/i;

/** With our port or none, or one of `also`, each as Host names it. */
export function isOurHost(
  { headers: { host = '' }, socket }: IncomingMessage,
  also: readonly string[] = [],
): boolean {
  const found = thisMachine.exec(host);
  if (found && Number(found[1] ?? socket.localPort) === socket.localPort) return true;
  return also.includes(host.toLowerCase());
}

/** Behind a developer's own proxy, the port is the proxy's. */
export const isOurName = ({ headers: { host = '' } }: IncomingMessage): boolean =>
  thisMachine.test(host);
