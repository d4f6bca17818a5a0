// Holds one verifier for all calls with the same options, so that keys, tokens and used proofs are remembered even when a
// caller writes the options anew for each request.
import type { Clock, Fetch } from '#core/ports.ts';
import {
  type ApiSettings,
  memoryReplay,
  type Needs,
  type NonceIssuer,
  type ReplayStore,
  requestVerifier,
  type Verdict,
  type VerifyRequest,
} from '#core/resource-server/request-verifier.ts';
import { apiRequestOf, type FetchRequest, type NodeRequest } from './requests.ts';

/** What the owner of an API decides, and what is shared by its processes. */
export interface VerifyOptions extends ApiSettings, Needs {
  /** Shared by all processes of the API. By default each process remembers its own. */
  replay?: ReplayStore | undefined;
  /** Demands a nonce in every proof. */
  nonces?: NonceIssuer | undefined;
  /** Called with each verdict, to count and log it: `verdict.reason`, or `verdict.scheme`. */
  onVerdict?: ((verdict: Verdict) => void) | undefined;
  /** For tests: whom to ask for metadata and keys. */
  fetch?: Fetch | undefined;
  /** For tests: the time. */
  clock?: Clock | undefined;
}

/**
 * Verifies proof and access token of a request. Never throws for what a client sent: `kind` is `accepted` or `refused`.
 * `needs` replaces the scopes of `options` for this route. Throws a TypeError when the options are wrong.
 */
export async function verifyDpop(
  request: FetchRequest | NodeRequest,
  options: VerifyOptions,
  needs: Needs = options,
): Promise<Verdict> {
  const verdict = await verifierFor(options)(apiRequestOf(request), { scopes: needs.scopes });
  options.onVerdict?.(verdict);
  return verdict;
}

const systemClock: Clock = { now: () => Date.now() };
/** One for the whole process: a second verifier must not accept what the first one has. */
const ownReplay = memoryReplay({ clock: systemClock });

interface Known {
  settings: string;
  parts: readonly unknown[];
  verify: VerifyRequest;
}

const most = 100;
const known: Known[] = [];
const byIdentity = new WeakMap<VerifyOptions, VerifyRequest>();

export function verifierFor(options: VerifyOptions): VerifyRequest {
  let verify = byIdentity.get(options);
  if (!verify) {
    verify = alike(options);
    byIdentity.set(options, verify);
  }
  return verify;
}

function alike(options: VerifyOptions): VerifyRequest {
  const { scopes: _ofRoute, onVerdict, ...rest } = options;
  const { replay = ownReplay, nonces, clock = systemClock, ...others } = rest;
  const { fetch = (request: Request) => globalThis.fetch(request), ...settings } = others;
  const text = JSON.stringify(settings);
  const parts = [replay, nonces, clock, others.fetch, settings.introspection?.authentication];
  const same = known.find(
    (one) => one.settings === text && parts.every((part, at) => part === one.parts[at]),
  );
  if (same) return same.verify;
  const verify = requestVerifier({ fetch, clock, replay, nonces }, settings);
  known.push({ settings: text, parts, verify });
  if (known.length > most) known.shift();
  return verify;
}
