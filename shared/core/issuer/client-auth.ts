// Client authentication: RFC 6749 section 2.3, and private_key_jwt by RFC 7523. Each request uses exactly one method.
// Every attempt carries a new assertion, because Okta spends its jti even when it answers with a nonce challenge.

import type { Broker } from '#core/broker.ts';
import { secondsNow } from '#core/broker.ts';
import { withActiveKey } from '#core/dpop/active-key.ts';
import { headerOf, signJws } from '#core/dpop/jws.ts';
import { base64url } from '#core/lib/encoding.ts';

const assertionSeconds = 120;

type Needs = Pick<
  Broker,
  'config' | 'issuer' | 'signer' | 'keyRing' | 'clientSecret' | 'clock' | 'random'
>;

export type AssertionAudience = NonNullable<Broker['config']['assertionAudience']>;

/** Adds the client's credentials to a request that is about to be sent to `endpoint`. */
export async function addClientCredentials(
  broker: Needs,
  endpoint: URL,
  form: URLSearchParams,
  headers: Headers,
  /** Used unless the configuration sets an audience. */
  audience: AssertionAudience = 'endpoint',
): Promise<void> {
  const { clientId, clientAuth } = broker.config;
  switch (clientAuth) {
    case 'private_key_jwt':
      form.set('client_id', clientId);
      form.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
      form.set('client_assertion', await assertion(broker, endpoint, audience));
      return;
    case 'client_secret_basic': {
      const credentials = [clientId, await broker.clientSecret()].map(formEncode).join(':');
      headers.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`);
      return;
    }
    case 'client_secret_post':
      form.set('client_id', clientId);
      form.set('client_secret', await broker.clientSecret());
      return;
    case 'none':
      form.set('client_id', clientId);
      return;
  }
}

async function assertion(
  broker: Needs,
  endpoint: URL,
  otherwise: AssertionAudience,
): Promise<string> {
  const { clientId, assertionAudience = otherwise } = broker.config;
  const aud = await audienceOf(broker, endpoint, assertionAudience);
  return withActiveKey(broker, 'assertion', (key) =>
    signJws(key, assertionHeader(key), () => {
      const iat = secondsNow(broker);
      return {
        iss: clientId,
        sub: clientId,
        // The audience is one string: an array would let one server use the assertion at another.
        aud,
        jti: base64url(broker.random(16)),
        iat,
        exp: iat + assertionSeconds,
      };
    }),
  );
}

async function audienceOf(
  { config, issuer }: Needs,
  endpoint: URL,
  audience: AssertionAudience,
): Promise<string> {
  switch (audience) {
    case 'endpoint':
      return endpoint.href;
    case 'issuer':
      return config.issuer;
    case 'token_endpoint':
      return (await issuer.metadata()).token_endpoint;
  }
}

const assertionHeader = headerOf((key) => ({ alg: key.alg, typ: 'JWT', kid: key.jkt }));

/** Encodes as application/x-www-form-urlencoded, which RFC 6749 section 2.3.1 requires inside Basic. */
const formEncode = (text: string) => new URLSearchParams({ '': text }).toString().slice(1);
