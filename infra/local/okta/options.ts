// The options of the Okta stand-in.
import type { JWK } from 'jose';

export interface OktaClient {
  clientId: string;
  /** What the sign-in page calls it. Default: its ID. */
  name?: string;
  clientAuth: 'private_key_jwt' | 'client_secret_basic' | 'client_secret_post' | 'none';
  clientSecret?: string;
  redirectUris: string[];
  postLogoutRedirectUris?: string[];
  jwksUri?: string;
  jwks?: { keys: JWK[] };
  backchannelLogoutUri?: string;
  frontchannelLogoutUri?: string;
  /** What the app may ask for. Default: everything. */
  scopes?: string[];
}

/** How a deployed broker reaches the stand-in: something forwards a public origin to its port. */
export interface Tunnel {
  origin: string;
  /** Everybody's password, since anybody may find the origin. It takes the place of the sample accounts. */
  password: string;
}

export interface OktaOptions {
  /** 0 takes a free port. */
  port?: number;
  host?: string;
  /** When given, this is the origin of the issuers, and there is no switchboard. */
  tunnel?: Tunnel;
  clients?: OktaClient[];
  /** Whether a used refresh token is exchanged for a new one. */
  refreshTokens?: 'rotate' | 'static';
  /** How long a rotated refresh token still works. Okta's grace period is 0 to 60. */
  graceSeconds?: number;
  /** Binds a confidential client's refresh token to its DPoP key, as Okta's guide says. RFC 9449 section 5 does not. */
  bindRefreshTokens?: boolean;
  /** For Okta, the audience of client assertions is the endpoint; for FAPI, it is the issuer. */
  assertionAudience?: 'endpoint' | 'issuer' | 'token_endpoint' | 'either';
  /** How long the keys of a `jwks_uri` are cached: at most as long as they say, or one minute if they say nothing. */
  keySetSeconds?: number;
  /** Okta documents 200; RFC 9126 says 201. */
  parStatus?: 200 | 201;
  parNonce?: boolean;
  requirePar?: boolean;
  /** RFC 9207 `iss`, which Okta does not document. */
  issParameter?: boolean;
  /** The algorithm that signs ID tokens, and is announced for them. Okta uses RS256, which FAPI 2.0 forbids. */
  idTokenAlg?: 'RS256' | 'ES256';
  accessTokenSeconds?: number;
  idTokenSeconds?: number;
  codeSeconds?: number;
  /** How far ahead of this clock a proof's `iat` may be. Okta documents no tolerance. */
  futureToleranceSeconds?: number;
  /** How far Okta's clock is ahead of this machine's when it checks proofs. */
  skewSeconds?: number;
  /** Calls per minute of one API, client and user. */
  rateLimit?: number;
  /** Epoch milliseconds, for nonces, grace and rate limits. Token expiry and proofs go by the real clock. */
  clock?: () => number;
}

export type OktaSettings = Required<Omit<OktaOptions, 'clients' | 'port' | 'host' | 'tunnel'>>;

export const settingsOf = (options: OktaOptions): OktaSettings => ({
  refreshTokens: options.refreshTokens ?? 'rotate',
  graceSeconds: options.graceSeconds ?? 30,
  bindRefreshTokens: options.bindRefreshTokens ?? true,
  assertionAudience: options.assertionAudience ?? 'endpoint',
  keySetSeconds: options.keySetSeconds ?? 300,
  parStatus: options.parStatus ?? 200,
  parNonce: options.parNonce ?? false,
  requirePar: options.requirePar ?? false,
  issParameter: options.issParameter ?? false,
  idTokenAlg: options.idTokenAlg ?? 'RS256',
  accessTokenSeconds: options.accessTokenSeconds ?? 3600,
  idTokenSeconds: options.idTokenSeconds ?? 3600,
  codeSeconds: options.codeSeconds ?? 300,
  futureToleranceSeconds: options.futureToleranceSeconds ?? 0,
  skewSeconds: options.skewSeconds ?? 0,
  rateLimit: options.rateLimit ?? 600,
  clock: options.clock ?? Date.now,
});

/** The algorithms that Okta announces in dpop_signing_alg_values_supported. */
export const signingAlgs = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'] as const;

/** The epoch seconds by which proofs are judged. */
export const proofTime = ({ skewSeconds }: OktaSettings): number =>
  Math.floor(Date.now() / 1000) + skewSeconds;
