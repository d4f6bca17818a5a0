// Whether an API took or refused a token that had replaced a refused one, by route, as one environment saw it. An API
// that refuses every token must not cost a renewal per call (core/renewal/token-for-call.ts). An API that took a token
// and refuses it later has a reason.
export type TokenFate = 'taken' | 'refused';

export interface TokenFates {
  note(route: string, ath: string, fate: TokenFate): void;
  of(route: string, ath: string): TokenFate | undefined;
}

export function tokenFates(most = 2_000): TokenFates {
  const fates = new Map<string, TokenFate>();
  return {
    note(route, ath, fate) {
      fates.set(`${ath} ${route}`, fate);
      if (fates.size > most) fates.delete(fates.keys().next().value as string);
    },
    of: (route, ath) => fates.get(`${ath} ${route}`),
  };
}
