// What the core needs to know from the configuration. Every parsed configuration has at least this (shared/config).

export interface CoreSettings {
  issuer: string;
  clientId: string;
  clientAuth: 'private_key_jwt' | 'client_secret_basic' | 'client_secret_post' | 'none';
  scopes: readonly string[];
  publicOrigin: string;
  routes: readonly RouteSettings[];
  par: 'auto' | 'require' | 'never';
  assertionAudience?: 'endpoint' | 'issuer' | 'token_endpoint' | undefined;
  trustedAudiences: readonly string[];
  profile: 'okta' | 'fapi2';
  dpop: {
    keySpec: 'ECC_NIST_P256' | 'RSA_2048';
    rebindOnRefresh: boolean;
    replicaRegions: readonly string[];
  };
  keyRotation?: { everyDays: number; retire: boolean } | undefined;
  session: {
    idleMinutes: number;
    absoluteHours: number;
    claims: readonly string[];
    deviceBound: 'off' | 'prefer' | 'require';
  };
  thirdPartyLogin: boolean;
  logout: { method: 'redirect' | 'post' };
  /** The look of the broker's own pages. */
  pages: { name?: string | undefined; logo?: string | undefined; color?: string | undefined };
  streams: { maxSeconds: number; checkSeconds: number; maxPerSession: number };
}

export interface RouteSettings {
  path: string;
  upstream: string;
  methods: readonly string[];
  deny?: readonly string[] | undefined;
  allowSecrets: boolean;
  timeoutMs: number;
  token: 'dpop' | 'none';
  requestHeaders: readonly string[];
  responseHeaders: readonly string[];
  resource?: string | undefined;
  scopes?: readonly string[] | undefined;
  navigable: boolean;
  rewriteLinks: boolean;
  stream: boolean;
}
