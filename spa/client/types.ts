// The types of the client. Field names in snake_case are the broker's own (GET /bff/session).
import type { BffError, Problem } from './problem.ts';

/** The claims that the broker's configuration shows to the page. */
export interface User {
  /** The user's id at the authorization server. */
  sub: string;
  /** The full name. */
  name?: string;
  /** The e-mail address. */
  email?: string;
  /** The login name. */
  preferred_username?: string;
  /** Whatever else the configuration lists. */
  [claim: string]: unknown;
}

/** A session, as `GET /bff/session` shows it. */
export interface SignedIn<Claims extends object = User> {
  /** Distinguishes it from the answer when nobody is signed in. */
  authenticated: true;
  /** The claims that the configuration lets the page see. */
  user: Claims;
  /** Epoch seconds: the absolute end. */
  expires_at: number;
  /** Epoch seconds: the end if no further call is made. */
  idle_expires_at: number;
  /** The level of the sign-in, if the server said it. */
  acr?: string;
  /** How the user signed in, if the server said it. */
  amr?: string[];
  /** Epoch seconds: when the user last proved who they are. */
  auth_time?: number;
  /** Whether the session is bound to this device. Missing when the broker binds none. */
  bound?: boolean;
}

/** The answer to "who is signed in?". */
export type Session<Claims extends object = User> = SignedIn<Claims> | { authenticated: false };

/**
 * `endsAt` is in milliseconds by this machine's clock, corrected for its difference from the server's. `error`: why the first request
 * failed, until the broker answers.
 */
export type State<Claims extends object = User> =
  | { kind: 'unknown'; error?: BffError; session?: undefined; endsAt?: undefined }
  | {
      kind: 'signed_in' | 'expiring';
      session: SignedIn<Claims>;
      endsAt: number;
      error?: undefined;
    }
  | {
      kind: 'step_up';
      url: string;
      session?: SignedIn<Claims> | undefined;
      endsAt?: number | undefined;
      error?: undefined;
    }
  | {
      kind: 'signed_out';
      why: 'not_signed_in' | 'expired' | 'logout';
      session?: undefined;
      endsAt?: undefined;
      error?: undefined;
    };

/** What a 401 of the broker asks for. `url` signs in and comes back to this page. */
export interface SignInNeed {
  /** Whether anybody must sign in, or this user once more at a higher level. */
  kind: 'sign_in' | 'step_up';
  /** Where to go for that. */
  url: string;
  /** The broker's answer to the call. */
  problem: Problem;
}

/** What an application decides about its client. */
export interface Options {
  /** Where the broker answers. Default: `/bff`. */
  base?: string;
  /** Absolute API addresses and the paths that replace them: `{ 'https://acme.okta.com/api/v1': '/bff/api/v1' }`. */
  upstreams?: Record<string, string>;
  /** How long a call may take until its answer begins; 0 means no limit. Longer than the broker's own limit. Default: 35000. */
  timeoutMs?: number;
  /** How often a visible, signed-in tab checks that the session still exists. This never extends the session. Default: 60000. */
  pollMs?: number;
  /** How long before its end a session counts as `expiring`. Default: 120000. */
  warnMs?: number;
  /**
   * The one policy for `not_signed_in`, `session_expired`, `step_up_required`, and a `device_proof_required` that
   * comes twice. By default the page goes to `url`, unless it has just come back from a failed sign-in.
   */
  onSignInNeeded?: (need: SignInNeed) => void;
  /** For tests: whose location, document and fetch to use. */
  window?: typeof globalThis;
}

/** What a sign-in may ask of the authorization server. */
export interface LoginOptions {
  /** A path of this application; this page by default. */
  returnTo?: string;
  /** `login`, `consent`, `select_account`, `none`: what the server shows. */
  prompt?: string;
  /** The user's name, for the sign-in page. */
  loginHint?: string;
  /** The level that the sign-in must reach. */
  acrValues?: string | string[];
  /** How many seconds ago the user may last have authenticated. */
  maxAge?: number;
  /** Languages of the sign-in page, separated by spaces. */
  uiLocales?: string;
  /** Okta: the identity provider to go to. */
  idp?: string;
}

/** What a call takes, besides what `fetch` does. */
export interface Init extends RequestInit {
  /** Overrides the option of the same name. */
  timeoutMs?: number;
}

/** One page of a list. */
export interface Page<T> {
  /** The JSON of the answer. */
  items: T[];
  /** The path of the following page. */
  next?: string;
  /** The answer, with its headers. */
  response: Response;
}

/** The client. Its functions need no `this`. */
export interface Bff<Claims extends object = User> {
  /** The newest state. The same object until something changes. */
  readonly state: State<Claims>;
  /**
   * Why the sign-in that led to this page failed, if it did: an OAuth error code or `login_failed`. It is read from the
   * address, which anybody can write, so it is always one word, and perhaps not a true one.
   */
  readonly loginError: string | undefined;
  /** Calls back on every change, and watches the session while there is a listener. */
  onChange(listener: (state: State<Claims>, before: State<Claims>) => void): () => void;
  /** Asks the broker. This never extends the session. */
  session(): Promise<Session<Claims>>;
  /** Leaves the page to sign in, unless it is leaving to sign out. */
  login(options?: LoginOptions): void;
  /** For a link: `<a href={bff.loginUrl()}>`. */
  loginUrl(options?: LoginOptions): string;
  /**
   * Ends the session here and at the authorization server; `onlyHere` stays on the page. Until the page has left,
   * `state` stays as it is. Rejects when the broker cannot be reached: then nobody is signed out.
   */
  logout(options?: { onlyHere?: boolean }): Promise<void>;
  /** `fetch` through the broker: a plain Response, whatever its status. Rejects with BffError, or with the signal's reason. */
  fetch(input: string | URL | Request, init?: Init): Promise<Response>;
  /** The JSON of a 2xx answer; anything else rejects with BffError. */
  json<T>(input: string | URL | Request, init?: Init): Promise<T>;
  /** Pages, one by one, along the answers' `Link: rel="next"`. */
  paginate<T>(input: string | URL, init?: Init): AsyncGenerator<Page<T>, void, undefined>;
  /** The broker's own address for this one, if there is one. */
  resolve(input: string | URL): string | undefined;
  /** Applies the sign-in policy to an answer that some other HTTP client received. */
  report(error: BffError): void;
}
