// What can go wrong at each dependency. `…_before`: nothing was done. `…_after`: it was done, and the answer is lost.

export type Fault =
  | 'slow'
  /** No answer at all. */
  | 'hang'
  | 'throttled'
  | 'unavailable'
  /** 403, or access denied. */
  | 'refused'
  /** A page with status 200 that does not come from the server. */
  | 'page_before'
  | 'page_after'
  | 'reset_before'
  | 'reset_after'
  /** Half of the answer, and then a reset. */
  | 'cut_after';

/** The environment that asks dies: before anything was done, or when it was done. */
export type Death = 'killed_before' | 'killed_after';
export const deaths: readonly Death[] = ['killed_before', 'killed_after'];

type Faults = readonly [Fault, ...Fault[]];

const everywhere = [
  'slow',
  'hang',
  'throttled',
  'unavailable',
  'refused',
  'reset_before',
  'reset_after',
  'cut_after',
] as const;
const withPages: Faults = [...everywhere, 'page_before', 'page_after'];

/** The parts that fail together, each with its faults. */
export const kinds = {
  /** The authorization server's token, PAR, revocation and userinfo endpoints. */
  issuer: withPages,
  /** The authorization server's metadata and signature keys. */
  issuer_keys: withPages,
  /** Okta's own API, and an API of one's own. */
  api: everywhere,
  dynamodb: everywhere,
  kms: everywhere,
  /** Secrets Manager, where the client has a secret. */
  secrets: everywhere,
} as const satisfies Record<string, Faults>;

export type Dependency = keyof typeof kinds;

export const dependencies = Object.keys(kinds) as [Dependency, ...Dependency[]];

/** A client with a key has no secret. */
export const dependenciesOf = (client: 'key' | 'secret') =>
  dependencies.filter((one) => client === 'secret' || one !== 'secrets') as [
    Dependency,
    ...Dependency[],
  ];
