// The items of sessions that are bound to a device, for what no request can do: time that has passed, a second browser.
import { createHash } from 'node:crypto';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { type Running, sessionName } from './running.ts';
import type { Visitor } from './visitor.ts';

export const secondsNow = () => Math.floor(Date.now() / 1000);

export const sessionIdOf = (visit: Visitor): string =>
  createHash('sha256')
    .update(visit.cookie(sessionName) ?? '')
    .digest('base64url');

export function boundSessions(run: Running) {
  const itemOf = async (visit: Visitor) =>
    (await run.items(`session#${sessionIdOf(visit)}`)).find(({ sk }) => sk?.S === 'session');

  /** As if so much time had passed since then. */
  async function setTimes(visit: Visitor, times: Record<string, number>): Promise<void> {
    for (const [name, at] of Object.entries(times)) {
      await run.table.send(
        new UpdateItemCommand({
          TableName: run.system.table,
          Key: { pk: { S: `session#${sessionIdOf(visit)}` }, sk: { S: 'session' } },
          UpdateExpression: 'SET #name = :at',
          ExpressionAttributeNames: { '#name': name },
          ExpressionAttributeValues: { ':at': { N: String(at) } },
        }),
      );
    }
  }

  /** Another browser with a copy of every cookie. */
  function thiefOf(visit: Visitor): Visitor {
    const thief = run.someone();
    for (const name of visit.cookieNames()) thief.plant(name, visit.cookie(name) ?? '');
    return thief;
  }

  const boundCookieEnds = (visit: Visitor) =>
    setTimes(visit, { deviceCookieEndsAt: secondsNow() - 1 });

  return { itemOf, setTimes, thiefOf, boundCookieEnds };
}
