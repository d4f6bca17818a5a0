// The configuration as people write it, one sentence per field. schema.ts validates it, and does not compile when the
// two differ. It imports nothing, so that the published construct can include it unchanged.

/** The configuration of a broker (docs/configuration.md). */
export interface ConfigInput {
  /** The authorization server: the org (`https://acme.okta.com`) or a custom one. */
  issuer: string;
  /** The client id of a web application at Okta that requires "Proof of possession". */
  clientId: string;
  /** Where people reach the application. It is never taken from a header. */
  publicOrigin: string;
  /** How the broker authenticates at the token endpoint. Default: `private_key_jwt`, with a key in KMS. */
  clientAuth?:
    | 'private_key_jwt'
    | 'client_secret_basic'
    | 'client_secret_post'
    | 'none'
    | undefined;
  /** The ARN of the secret in Secrets Manager. Required for `client_secret_basic` and `client_secret_post`. */
  clientSecretArn?: string | undefined;
  /** The secret itself: on a developer's machine only, never in a deployment. */
  clientSecret?: string | undefined;
  /** The scopes of a sign-in, which must include `openid`. Default: `openid profile email offline_access`. */
  scopes?: string[] | undefined;
  /** Where the paths below `/bff/api/` lead; all others are denied. Default: Okta's `/api/v1`, read-only. */
  routes?: RouteInput[] | undefined;
  /** Pushed authorization requests. Default: `auto`, which uses them when the server offers them. */
  par?: 'auto' | 'require' | 'never' | undefined;
  /**
   * The audience of client assertions: the `endpoint` that receives them, the `issuer` (FAPI 2.0, Keycloak), or always
   * the `token_endpoint` (Hydra). Default: `endpoint`, as Okta requires, and the others in turn when a revocation is
   * refused.
   */
  assertionAudience?: 'endpoint' | 'issuer' | 'token_endpoint' | undefined;
  /** Audiences that an ID token may name besides the client id, when `azp` is the client id. Default: none. */
  trustedAudiences?: string[] | undefined;
  /** `fapi2` requires `private_key_jwt`, PAR, ES256 and `iss`. Default: `okta`. */
  profile?: 'okta' | 'fapi2' | undefined;
  /** The keys that sign DPoP proofs. */
  dpop?: DpopInput | undefined;
  /** How long a session lives, and what the page may know about its user. */
  session?: SessionInput | undefined;
  /** Lets a tile of Okta's dashboard start a sign-in. Default: false. */
  thirdPartyLogin?: boolean | undefined;
  /** How the browser gets to the authorization server at sign-out. */
  logout?: LogoutInput | undefined;
  /** Makes the broker's own pages (errors, confirmations) look like the application's. */
  pages?: PagesInput | undefined;
  /** Server-sent events and large downloads, on every configured route without `stream: false`. Default: false. */
  streaming?: boolean | undefined;
  /** The limits of a stream. */
  streams?: StreamsInput | undefined;
  /** Rotates the keys of a deployment on a schedule. Without it, only an operator rotates them. */
  keyRotation?: KeyRotationInput | undefined;
}

export interface PagesInput {
  /** The application's name. Default: none is shown. */
  name?: string | undefined;
  /** A path of the application (`/logo.svg`), or a small image as a `data:` URL of type SVG or PNG. */
  logo?: string | undefined;
  /** The colour of buttons, as `#rrggbb`. The text on them is black or white, whichever can be read better. */
  color?: string | undefined;
}

export interface LogoutInput {
  /**
   * `redirect`, the default, shows the user's ID token in the browser's address bar for a moment. `post` sends it from
   * a page that submits itself; the server's cookie must come along with a POST from another site (`SameSite=None`).
   */
  method?: 'redirect' | 'post' | undefined;
}

/** One place below `/bff/api`, and where it leads. */
export interface RouteInput {
  /** Begins with `/bff/api`. `/*` at the end matches everything below. The longest matching path wins. */
  path: string;
  /** The URL that replaces `path`: https, without query and fragment. */
  upstream: string;
  /** What may be called. Default: `GET` and `HEAD`. */
  methods?: ('GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE')[] | undefined;
  /** Patterns of paths below the route that are denied. Write them decoded, in any case, with `*` for any text. */
  deny?: string[] | undefined;
  /**
   * Opens the paths below `/api/v1` and `/oauth2` whose answers hold secrets at Okta: `/oauth2/*` except userinfo,
   * apps, identity providers, sessions, API tokens, authentication. Default: false.
   */
  allowSecrets?: boolean | undefined;
  /** How long the upstream may take to answer, in milliseconds. Default and maximum: 25000. */
  timeoutMs?: number | undefined;
  /** `none` sends neither access token nor proof. Default: `dpop`. */
  token?: 'dpop' | 'none' | undefined;
  /** More request headers to pass on, besides the usual ones. */
  requestHeaders?: string[] | undefined;
  /** More response headers to pass back, besides the usual ones, but none that browsers or caches act on. */
  responseHeaders?: string[] | undefined;
  /** Allows an `upstream` without a path, which opens its whole host. Default: false. */
  wholeHost?: boolean | undefined;
  /** The API needs an access token of its own, for this resource (RFC 8707). */
  resource?: string | undefined;
  /** The API needs an access token with exactly these scopes. */
  scopes?: string[] | undefined;
  /** Lets `<a href download>` use this route: GET, from this application's own pages. Default: false. */
  navigable?: boolean | undefined;
  /** Turns absolute URLs of the upstream in JSON bodies into paths of this route. Default: false. */
  rewriteLinks?: boolean | undefined;
  /** Passes answers on as they arrive. Default: true with `streaming` and without `rewriteLinks`. */
  stream?: boolean | undefined;
}

export interface DpopInput {
  /**
   * The type of the keys. Signing with `RSA_2048` is five times cheaper, but some verifiers reject its longer proofs.
   * Default: `ECC_NIST_P256`.
   */
  keySpec?: KeySpec | undefined;
  /** Can only be true: tokens are never sent as Bearer. */
  required?: true | undefined;
  /** A renewal moves a session to the newest key if the server allows it. Default: false. */
  rebindOnRefresh?: boolean | undefined;
  /** Regions that sign when the home Region cannot. */
  replicaRegions?: string[] | undefined;
}

export type KeySpec = 'ECC_NIST_P256' | 'RSA_2048';

export interface SessionInput {
  /** How long an unused session lives. Default: 30. */
  idleMinutes?: number | undefined;
  /** How long a session lives, however much it is used. Default: 12. */
  absoluteHours?: number | undefined;
  /** Claims of the ID token that the page may read. Default: `sub name email preferred_username`. */
  claims?: string[] | undefined;
  /**
   * Binds a session to a key in the browser's device, so that a copied cookie is worth nothing after ten minutes
   * (docs/device-bound.md). `prefer` does it where the browser can; `require` refuses sessions that are not bound.
   * Default: `off`.
   */
  deviceBound?: 'off' | 'prefer' | 'require' | undefined;
}

export interface StreamsInput {
  /** How long a stream may last. Default: 840. */
  maxSeconds?: number | undefined;
  /** How often a stream's session is checked. Default: 15. */
  checkSeconds?: number | undefined;
  /** How many streams one session may have at once. Default: 8. */
  maxPerSession?: number | undefined;
}

export interface KeyRotationInput {
  /** A key is rotated when it is this many days old. */
  everyDays: number;
  /** Disables and deletes keys that no session needs any more. Default: true. */
  retire?: boolean | undefined;
}
