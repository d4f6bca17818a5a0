// What the rows share: the API, the table and the key, one environment of ours, and the rivals, each a process.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bundle, bundle } from '#infra/bundle.ts';
import { parseConfig } from '#shared/config/parse.ts';
import type { Config } from '#shared/config/schema.ts';
import { type Child, child } from './child.ts';
import { storedSession } from './session.ts';

export type DpopKeySpec = Config['dpop']['keySpec'];

export interface Parts {
  folder: string;
  upstream: Child & { ready: string };
  stores: Stores;
  proxy: Bundle;
  /** The variables of our function, and of any that uses the same table and key. */
  variables: Record<string, string>;
  config: Config;
  cookie: string;
  ours: Child;
  floor: Child;
  handrolled: Child & { ready: { url: string; session: string } };
  stop(): Promise<void>;
}

type Stores = Child & {
  ready: { variables: Record<string, string>; keys: Record<string, string> };
};

const access = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
};

export async function startParts(): Promise<Parts> {
  const folder = await mkdtemp(join(tmpdir(), 'bff-bench-'));
  const upstream = await child<string>('upstream', {});
  const handrolled = await child<Parts['handrolled']['ready']>('handrolled', {
    upstream: upstream.ready,
  });
  const proxy = await bundle('proxy', folder);
  const { stores, config, variables, cookie, ours } = await brokerOn(upstream.ready, proxy);
  const floor = await child('floor', {
    upstream: upstream.ready,
    keyId: variables.BFF_DPOP_KEY,
    access: {
      region: access.AWS_REGION,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      endpoints: {
        dynamodb: variables.AWS_ENDPOINT_URL_DYNAMODB,
        kms: variables.AWS_ENDPOINT_URL_KMS,
        secretsmanager: 'http://127.0.0.1:1',
      },
    },
  });
  return {
    ...{ folder, upstream, stores, proxy, variables, config, cookie, ours, floor, handrolled },
    async stop() {
      for (const part of [upstream, stores, ours, floor, handrolled]) part.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A table, a key, a signed-in user and one environment of ours. */
export async function brokerOn(
  upstream: string,
  proxy: Bundle,
  keySpec: DpopKeySpec = 'ECC_NIST_P256',
) {
  const stores: Stores = await child('stores', { keySpec });
  const config = parseConfig(
    {
      issuer: upstream,
      clientId: 'bench',
      publicOrigin: 'https://app.example',
      dpop: { keySpec },
      routes: [{ path: '/bff/api/*', upstream, wholeHost: true }],
    },
    'local',
  );
  const { keys } = stores.ready;
  const variables: Record<string, string> = {
    ...stores.ready.variables,
    ...access,
    BFF_CONFIG: JSON.stringify(config),
    BFF_TABLE: 'bff',
    BFF_DPOP_KEY: keys.dpop ?? '',
    BFF_ASSERTION_KEY: keys.assertion ?? '',
    BENCH_UPSTREAM: upstream,
  };
  const cookie = await storedSession(config, variables, variables.BFF_DPOP_KEY ?? '');
  const ours = await child('ours', { bundle: proxy.file, variables });
  return { stores, config, variables, cookie, ours };
}
