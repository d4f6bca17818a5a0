// A public origin that is not on this machine, its app at Okta, and the browsers that open it.
import type { OktaClient } from '#infra/local/okta/index.ts';
import { type Visitor, visitor } from '#test/support/visitor.ts';
import { type PublicOrigin, startPublicOrigin } from './public-origin.ts';

export interface Site {
  origin: string;
  client: OktaClient;
  front: PublicOrigin;
  visitor(): Visitor;
  signedIn(): Promise<Visitor>;
}

export async function site(host: string): Promise<Site> {
  const front = await startPublicOrigin();
  const origin = `https://${host}`;
  const browser = () =>
    visitor(origin, (url) =>
      url.origin === origin ? new URL(`${url.pathname}${url.search}`, front.url) : url,
    );
  return {
    origin,
    front,
    client: {
      clientId: `client-of-${host}`,
      clientAuth: 'private_key_jwt',
      redirectUris: [`${origin}/bff/callback`],
      postLogoutRedirectUris: [`${origin}/`],
      jwksUri: `${front.url}/bff/jwks`,
    },
    visitor: browser,
    async signedIn() {
      const one = browser();
      await one.signIn();
      return one;
    },
  };
}
