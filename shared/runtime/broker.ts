// The composition root of the functions that serve browsers and the authorization server.
import { clientSecret } from '#adapters/aws/client-secret.ts';
import { httpClient } from '#adapters/http/client.ts';
import { fetchOver } from '#adapters/http/fetch.ts';
import { upstream } from '#adapters/http/upstream.ts';
import { hereByAnyName, withReplicas } from '#adapters/kms/replicas.ts';
import { kmsSigner } from '#adapters/kms/signer.ts';
import { pooledRandom } from '#adapters/random.ts';
import { keyRing, ringStore } from '#adapters/table/key-ring.ts';
import { markStore } from '#adapters/table/marks.ts';
import { sessionStore } from '#adapters/table/sessions.ts';
import { transactionStore } from '#adapters/table/sign-ins.ts';
import type { Broker } from '#core/broker.ts';
import { nonceCache } from '#core/dpop/nonces.ts';
import { limitedSigner, pinnedSigner } from '#core/dpop/signing.ts';
import { signatureTally } from '#core/dpop/tally.ts';
import type { Http } from '#core/http.ts';
import { issuerOf } from '#core/issuer/issuer.ts';
import type { Clock, DpopAlg } from '#core/ports.ts';
import { ownRegion } from '#shared/config/aws-environment.ts';
import { readEnvironment } from '#shared/config/environment.ts';
import type { Config } from '#shared/config/schema.ts';
import { warningsOf } from '#shared/config/warnings.ts';
import { logEvent } from '#shared/log.ts';
import { awsOver } from './aws.ts';

export const broker = (): Broker => brokerOver(upstream());

/** `http` is for the authorization server, and for APIs, which may share its host. */
export function brokerOver(http: Http): Broker {
  const { config, table: name, firstKeys, keyRingSeconds } = readEnvironment();
  for (const { code } of warningsOf(config)) logEvent('config.warning', { code });
  const clock: Clock = { now: () => Date.now() };
  const table = { name, clock };
  const connection = httpClient();
  const fetch = fetchOver(http);
  const { dynamodb, kms, secret } = awsOver(connection);
  const ring = keyRing(ringStore(dynamodb, { ...table, firstKeys }), clock, keyRingSeconds * 1000);
  const signatures = signatureTally({ clock });
  const replicas = config.dpop.replicaRegions.map((region) => ({
    region,
    signer: kmsSigner(awsOver(connection, region).kms, signatures),
  }));
  const onFailover = () => logEvent('signer.failed_over');
  const here = hereByAnyName(ownRegion(), kmsSigner(kms, signatures));
  const signer = withReplicas(here, replicas, { clock, onFailover });
  return {
    config,
    issuer: issuerOf({ fetch, clock }, config.issuer, algOf(config)),
    signer: limitedSigner(pinnedSigner(signer, ring)),
    signatures,
    keyRing: ring,
    sessions: sessionStore(dynamodb, table),
    transactions: transactionStore(dynamodb, table),
    marks: markStore(dynamodb, table),
    nonces: nonceCache(),
    learned: {},
    clientSecret: clientSecret(config, clock, secret),
    fetch,
    clock,
    random: pooledRandom(),
  };
}

const algOf = ({ dpop }: Config): DpopAlg => (dpop.keySpec === 'RSA_2048' ? 'RS256' : 'ES256');
