// A DynamoDB whose answers get lost after it acted, in front of any server of it: what a client sees when AWS closes a
// connection at the wrong moment.
import { type AwsEndpoint, startAwsEndpoint } from '#infra/local/aws/endpoint.ts';

export function startBefore(server: { url: string }): Promise<AwsEndpoint> {
  return startAwsEndpoint({
    contentType: 'application/x-amz-json-1.0',
    async answer({ headers, body }) {
      const passedOn = ['content-type', 'x-amz-target', 'x-amz-date', 'authorization'];
      const answer = await fetch(server.url, {
        method: 'POST',
        headers: Object.fromEntries(passedOn.map((name) => [name, String(headers[name] ?? '')])),
        body: new Uint8Array(body),
      });
      const kept = ['content-type', 'x-amz-crc32', 'x-amzn-requestid'];
      return {
        status: answer.status,
        headers: Object.fromEntries(
          kept.flatMap((name) => {
            const value = answer.headers.get(name);
            return value === null ? [] : [[name, value]];
          }),
        ),
        body: await answer.text(),
      };
    },
  });
}
