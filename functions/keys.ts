// What operators ask, and the clock: invoked, never reached over HTTP. It holds the rights over keys that the proxy
// has not.
import { type KeyReport, type Reporting, reportKeys } from '#core/key-report.ts';
import { operator } from '#shared/operator.ts';

export interface Command {
  command: 'report';
}

export const keys =
  (operator: () => Reporting) =>
  async (event: Partial<Command> | null): Promise<{ keys: KeyReport[] }> => {
    if (event?.command !== 'report') throw new Error('unknown command: expected report');
    return { keys: await reportKeys(operator()) };
  };

export const handler = keys(operator);
