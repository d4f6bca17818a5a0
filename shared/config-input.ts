// The configuration as people write it, one sentence a field. config.ts judges it, and does not compile when the two
// differ. It imports nothing: the published construct carries it as it is.

export interface ConfigInput {
  /** The authorization server: the org (`https://acme.okta.com`) or a custom one. */
  issuer: string;
  /** Of a web application at Okta with "Proof of possession" required. */
  clientId: string;
  /** Where people reach the application; never taken from a header. */
  publicOrigin: string;
  /** How the broker proves itself at the token endpoint; `private_key_jwt`, with a key in KMS, if not given. */
  clientAuth?:
    | 'private_key_jwt'
    | 'client_secret_basic'
    | 'client_secret_post'
    | 'none'
    | undefined;
  /** The secret in Secrets Manager; for `client_secret_basic` and `client_secret_post`, which need it. */
  clientSecretArn?: string | undefined;
  /** The secret itself: on a developer's machine only, never in a deployment. */
  clientSecret?: string | undefined;
  /** What is asked for at sign-in, with `openid` among it; `openid profile email offline_access` if not given. */
  scopes?: string[] | undefined;
  /** What `/bff/api/*` leads to, everything else is denied; Okta's `/api/v1`, reading only, if not given. */
  routes?: RouteInput[] | undefined;
  /** Pushed authorization requests: `auto`, where the server has them, if not given. */
  par?: 'auto' | 'require' | 'never' | undefined;
  /**
   * The audience of client assertions: the `endpoint` that gets it, the `issuer` (FAPI 2.0, Keycloak), or always the
   * `token_endpoint` (Hydra). If not given: `endpoint`, as Okta wants it, and where a revocation is refused for it, the others.
   */
  assertionAudience?: 'endpoint' | 'issuer' | 'token_endpoint' | undefined;
  /** Audiences that an ID token may name beside the client id, with `azp` as the client id; none if not given. */
  trustedAudiences?: string[] | undefined;
  /** `fapi2` demands `private_key_jwt`, PAR, ES256 and `iss`; `okta` if not given. */
  profile?: 'okta' | 'fapi2' | undefined;
  /** The keys that DPoP proofs are signed with. */
  dpop?: DpopInput | undefined;
  /** How long a session lives, and what the page may know of its user. */
  session?: SessionInput | undefined;
  /** A tile of Okta's dashboard may start a sign-in; false if not given. */
  thirdPartyLogin?: boolean | undefined;
  /** How signing out leads to the authorization server. */
  logout?: LogoutInput | undefined;
  /** Server-sent events and large downloads, on each configured route without `stream: false`; false if not given. */
  streaming?: boolean | undefined;
  /** The limits of a stream. */
  streams?: StreamsInput | undefined;
  /** Rotates the keys of a deployment by a schedule; by an operator only, if not given. */
  keyRotation?: KeyRotationInput | undefined;
}

export interface LogoutInput {
  /**
   * `redirect`, if not given, shows the user's ID token in the browser's address bar for a moment; `post` sends it by a page
   * that submits itself, to servers whose own cookie comes along with a POST from another site (`SameSite=None`).
   */
  method?: 'redirect' | 'post' | undefined;
}

export interface RouteInput {
  /** Begins with `/bff/api`; `/*` at the end stands for everything below, and the longest path that fits wins. */
  path: string;
  /** The URL that takes the place of `path`: https, without query and fragment. */
  upstream: string;
  /** `GET` and `HEAD` if not given. */
  methods?: ('GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE')[] | undefined;
  /** Patterns of paths below the route that are refused: decoded, in any case, `*` for anything. */
  deny?: string[] | undefined;
  /**
   * Opens the paths below `/api/v1` and `/oauth2` whose answers bear secrets at Okta: `/oauth2/*` save userinfo, apps,
   * identity providers, sessions, API tokens, authentication; false if not given.
   */
  allowSecrets?: boolean | undefined;
  /** How long the upstream may take to answer, in milliseconds; 25000, which is also the most, if not given. */
  timeoutMs?: number | undefined;
  /** `none` sends no access token and no proof; `dpop` if not given. */
  token?: 'dpop' | 'none' | undefined;
  /** Request headers that are passed on besides the usual ones. */
  requestHeaders?: string[] | undefined;
  /** Response headers that are passed back besides the usual ones, save those that browsers or caches act on. */
  responseHeaders?: string[] | undefined;
  /** `upstream` may have no path, which opens its whole host; false if not given. */
  wholeHost?: boolean | undefined;
  /** The API wants an access token of its own, for this resource (RFC 8707). */
  resource?: string | undefined;
  /** The API wants an access token with just these scopes. */
  scopes?: string[] | undefined;
  /** `<a href download>` may use this route: GET, from this application's own pages; false if not given. */
  navigable?: boolean | undefined;
  /** Absolute URLs of the upstream in JSON bodies become paths of this route; false if not given. */
  rewriteLinks?: boolean | undefined;
  /** Answers pass as they come; left out, they do where there is `streaming` and no `rewriteLinks`. */
  stream?: boolean | undefined;
}

export interface DpopInput {
  /** Of the keys: `ECC_NIST_P256` if not given; `RSA_2048` is five times cheaper to sign with, its proofs are longer than some verifiers take. */
  keySpec?: KeySpec | undefined;
  /** Can only be true: tokens are never sent as Bearer. */
  required?: true | undefined;
  /** A renewal moves a session to the newest key, where the server allows it; false if not given. */
  rebindOnRefresh?: boolean | undefined;
  /** Regions that sign when the home Region cannot. */
  replicaRegions?: string[] | undefined;
}

export type KeySpec = 'ECC_NIST_P256' | 'RSA_2048';

export interface SessionInput {
  /** A session ends when it was not used for so long; 30 if not given. */
  idleMinutes?: number | undefined;
  /** A session ends after so long, however much it is used; 12 if not given. */
  absoluteHours?: number | undefined;
  /** Claims of the ID token that the page may read; `sub name email preferred_username` if not given. */
  claims?: string[] | undefined;
}

export interface StreamsInput {
  /** How long a stream may last; 840 if not given. */
  maxSeconds?: number | undefined;
  /** How often a stream's session is looked at; 15 if not given. */
  checkSeconds?: number | undefined;
  /** How many streams one session may have at once; 8 if not given. */
  maxPerSession?: number | undefined;
}

export interface KeyRotationInput {
  /** A key that is so many days old is rotated. */
  everyDays: number;
  /** Disables and deletes keys that no session needs any more; true if not given. */
  retire?: boolean | undefined;
}
