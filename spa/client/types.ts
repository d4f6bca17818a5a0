// What the client hands out. Field names in snake_case are the broker's own (GET /bff/session).
import type { BffError, Problem } from './problem.ts';

/** The claims that the broker's configuration allows out. */
export interface User {
  sub: string;
  name?: string;
  email?: string;
  preferred_username?: string;
  [claim: string]: unknown;
}

export interface SignedIn {
  authenticated: true;
  user: User;
  /** Epoch seconds: the absolute end, and the end if nothing more is called. */
  expires_at: number;
  idle_expires_at: number;
  acr?: string;
  amr?: string[];
  auth_time?: number;
}

export type Session = SignedIn | { authenticated: false };

/** `endsAt` is in milliseconds of this machine's clock, set right by the server's. */
export type State =
  | { kind: 'unknown'; session?: undefined; endsAt?: undefined }
  | { kind: 'signed_in' | 'expiring'; session: SignedIn; endsAt: number }
  | { kind: 'step_up'; url: string; session?: SignedIn | undefined; endsAt?: number | undefined }
  | {
      kind: 'signed_out';
      why: 'not_signed_in' | 'expired' | 'logout';
      session?: undefined;
      endsAt?: undefined;
    };

/** What a 401 of the broker asks for. `url` signs in and comes back to this page. */
export interface SignInNeed {
  kind: 'sign_in' | 'step_up';
  url: string;
  problem: Problem;
}

export interface Options {
  /** Where the broker answers. */
  base?: string;
  /** Absolute API addresses and the paths that stand for them: `{ 'https://acme.okta.com/api/v1': '/bff/api/v1' }`. */
  upstreams?: Record<string, string>;
  /** How long a call may take to begin answering; 0 for ever. Longer than the broker's own limit. */
  timeoutMs?: number;
  /** How often a visible, signed-in tab asks whether the session is still there. Never prolongs it. */
  pollMs?: number;
  /** How long before its end a session counts as `expiring`. */
  warnMs?: number;
  /**
   * The one policy for `not_signed_in`, `session_expired` and `step_up_required`. Without it the page goes
   * to `url`, unless it has just come back from a sign-in that failed.
   */
  onSignInNeeded?: (need: SignInNeed) => void;
  /** For tests: whose location, document and fetch to use. */
  window?: typeof globalThis;
}

export interface LoginOptions {
  /** A path of this application; this page by default. */
  returnTo?: string;
  prompt?: string;
  loginHint?: string;
  acrValues?: string | string[];
  /** Seconds since the user last proved who they are. */
  maxAge?: number;
  uiLocales?: string;
  idp?: string;
}

export interface Init extends RequestInit {
  /** Instead of the option of the same name. */
  timeoutMs?: number;
}

export interface Page<T> {
  items: T[];
  /** The path of the following page. */
  next?: string;
  response: Response;
}

export interface Bff {
  /** The newest state. The same object until something changes. */
  readonly state: State;
  /** Why the sign-in that led to this page failed, if it did: an OAuth error code or `login_failed`. */
  readonly loginError: string | undefined;
  /** Calls back on every change, and watches the session for as long as somebody listens. */
  onChange(listener: (state: State, before: State) => void): () => void;
  /** Asks the broker. Never prolongs the session. */
  session(): Promise<Session>;
  login(options?: LoginOptions): void;
  /** For a link: `<a href={bff.loginUrl()}>`. */
  loginUrl(options?: LoginOptions): string;
  /** Ends the session here and at the authorization server; `onlyHere` stays on the page. */
  logout(options?: { onlyHere?: boolean }): Promise<void>;
  /** `fetch` through the broker: a plain Response, whatever its status. Rejects with BffError, or with the signal's reason. */
  fetch(input: string | URL | Request, init?: Init): Promise<Response>;
  /** The JSON of a 2xx answer; anything else rejects with BffError. */
  json<T>(input: string | URL | Request, init?: Init): Promise<T>;
  /** Pages, one by one, along the answers' `Link: rel="next"`. */
  paginate<T>(input: string | URL, init?: Init): AsyncGenerator<Page<T>, void, undefined>;
  /** The broker's own address for this one, if it has one. */
  resolve(input: string | URL): string | undefined;
  /** Applies the sign-in policy to an answer that some other HTTP client received. */
  report(error: BffError): void;
}
