// What the owner of an API decides about its authorizer. It imports nothing, so that the published construct can include it
// unchanged.

/** What the owner of an API decides. */
export interface ApiAuthorizerInput {
  /** The authorization server, exactly as `iss` of its access tokens. */
  issuer: string;
  /** `aud` of an access token must name one of them. */
  audience: string | readonly string[];
  /**
   * The scopes that every call needs, or those of each route by its key (`GET /orders/{id}`). `*` stands for the routes
   * that are not named; without it, they are closed.
   */
  scopes: readonly string[] | Readonly<Record<string, readonly string[]>>;
  /**
   * Nonces make a proof useless after a few minutes, whatever the clock of its maker said. `gateway`: a REST API tells
   * the client the nonce. `integration`: the API behind the authorizer does, from the authorizer's context
   * (docs/own-apis.md). `none`: proofs have no nonce.
   */
  nonces: 'gateway' | 'integration' | 'none';
  /** `table`: each proof is accepted once. `none`: as often as it comes, for as long as it is fresh. */
  replay: 'table' | 'none';
  /** `allow` is for a migration: it accepts Bearer tokens that are bound to no key, and counts them. */
  bearer: 'deny' | 'allow';
  /** The origin that clients use, where it is not the API's own: of a distribution in front of it, for example. */
  publicUrl?: string | undefined;
  /** By default the issuer's metadata names it. */
  jwksUri?: string | undefined;
  /** The form of the answer to an HTTP API. A REST API always gets a policy. Default: `simple`. */
  answers?: 'simple' | 'iam' | undefined;
}
