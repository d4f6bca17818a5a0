import { KMSClient, ListResourceTagsCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keyAdmin } from '#adapters/kms/admin.ts';
import { idIn } from '#core/lib/key-arn.ts';
import type { AwsEndpoint } from '#infra/local/aws/endpoint.ts';
import { startKms } from '#infra/local/aws/kms/server.ts';

const [home, away] = ['eu-central-1', 'eu-west-1'];
let kms: AwsEndpoint;
beforeAll(async () => {
  kms = await startKms({ port: 0 });
});
afterAll(() => kms?.close());

const clientIn = (region: string) =>
  new KMSClient({
    region,
    endpoint: kms.url,
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });

async function tagsOf(region: string, id: string): Promise<Record<string, string>> {
  const command = new ListResourceTagsCommand({ KeyId: idIn(region, id) });
  const { Tags = [] } = await clientIn(region).send(command);
  return Object.fromEntries(Tags.map(({ TagKey = '', TagValue = '' }) => [TagKey, TagValue]));
}

test('a key and its copies have the tags of the company beside the broker’s, which they cannot replace', async () => {
  const admin = keyAdmin({
    broker: 'acme',
    tags: { team: 'identity', 'bff-broker': 'somebody else' },
    homeRegion: home,
    replicaRegions: [away],
    clientIn,
    neverRepeating: clientIn(home),
  });
  const id = await admin.create({ use: 'dpop', spec: 'ECC_NIST_P256', rotation: 'r1' });
  const expected = { team: 'identity', 'bff-broker': 'acme', 'bff-use': 'dpop' };
  expect(await tagsOf(home, id)).toMatchObject(expected);
  await admin.replicate(id, away);
  expect(await tagsOf(away, id)).toMatchObject(expected);
});
