// The one private part of oidc-provider (pinned exactly) that the stand-in replaces: its nonces.
declare module 'oidc-provider/lib/helpers/weak_cache.js' {
  export default function internalsOf(provider: object): {
    DPoPNonces: { nextChallenge(): string; checkChallenge(nonce: string): boolean };
  };
}
