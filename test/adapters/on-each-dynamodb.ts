// Runs the same tests on every DynamoDB that is installed here.
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { AwsEndpoint } from '#infra/local/aws/endpoint.ts';
import { dynamodbServers } from './dynamodb-servers.ts';
import { startBefore } from './lost-answers.ts';

export interface OneDynamodb {
  /** The server itself. */
  readonly url: string;
  /** The same one, behind a wire that can lose its answers. */
  readonly losing: AwsEndpoint;
}

/** `what` is judged: for the message where a server is not installed. */
export function onEachDynamodb(what: string, tests: (here: OneDynamodb) => void): void {
  for (const { name, start, install } of dynamodbServers) {
    if (!start) {
      test.skip(`${what} on ${name}: not installed (npm i --no-save ${install})`, () => {});
      console.warn(`On ${name}, nothing judges ${what}: not installed (${install}).`);
      continue;
    }
    describe(`on ${name}`, () => {
      let server: { url: string; close(): Promise<void> };
      let losing: AwsEndpoint;
      beforeAll(async () => {
        server = await start();
        losing = await startBefore(server);
      });
      afterAll(async () => {
        await losing.close();
        await server.close();
      });
      tests({
        get url() {
          return server.url;
        },
        get losing() {
          return losing;
        },
      });
    });
  }
}
