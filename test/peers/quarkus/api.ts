// An API behind Quarkus OIDC, in a process of its own, for tokens of one issuer.
import { join } from 'node:path';
import { deadOrigin } from '#test/support/loopback.ts';
import { type Front, startFront } from '#test/support/peers/front.ts';
import { folders } from '../installed.ts';
import { javaOptions, startProcess } from '../process.ts';

export async function startQuarkusApi(
  issuer: string,
): Promise<{ front: Front; close(): Promise<void> }> {
  const url = await deadOrigin();
  const running = await startProcess(
    'java',
    [
      ...javaOptions.split(' '),
      `-Dquarkus.http.port=${new URL(url).port}`,
      `-Dquarkus.oidc.auth-server-url=${issuer}`,
      ...['-jar', join(folders.quarkus, 'quarkus-app/quarkus-run.jar')],
    ],
    {},
    (printed) => printed.includes('Listening on: '),
  );
  const front = await startFront();
  front.leadTo(url);
  return {
    front,
    async close() {
      await front.close();
      await running.stop();
    },
  };
}
