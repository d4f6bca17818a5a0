// Sign-in, the session as the page sees it, sign-out, and the binding of a session to its device.
import type { Broker, RequestContext } from '#core/broker.ts';
import { refreshDevice, registerDevice } from '#core/device/device.ts';
import { endedUnbound } from '#core/device/unbound.ts';
import { BrokerError } from '#core/errors.ts';
import { idleEnd, openSession, sessionIdOf } from '#core/session/session.ts';
import { allowedClaims } from '#core/session/session-content.ts';
import { lookAtSession, useSession } from '#core/session/use.ts';
import { beginSignIn } from '#core/sign-in/begin.ts';
import { finishSignIn } from '#core/sign-in/callback.ts';
import { parseLogin } from '#core/sign-in/parameters.ts';
import { addressOf, logoutRequest, signOut } from '#core/sign-out/by-user.ts';
import { endpoints, json, redirect } from '#http/answers.ts';
import {
  type Cookies,
  clearDeviceCookie,
  clearLoginCookie,
  clearOldestLogins,
  clearSessionCookie,
  clearTries,
  cookiesOf,
  lastTryFailed,
  loginCookie,
  noMoreTries,
  noteSession,
  sessionCookie,
  setLoginCookie,
  setSessionCookie,
  setTries,
  triesOf,
} from '#http/cookies.ts';
import { askForKey, deviceAnswer, deviceAsked } from '#http/device/headers.ts';
import { shownBy } from '#http/device/shown.ts';
import { lambda } from '#http/http-api.ts';
import { inTime } from '#http/in-time.ts';
import type { Handle, HttpAnswer, HttpRequest } from '#http/message.ts';
import {
  isFetch,
  type Navigation,
  navigationOf,
  requireOwnFetch,
  requireOwnForm,
} from '#http/origin.ts';
import {
  confirmSignInPage,
  deadSignInPage,
  errorPage,
  loginLoopPage,
  notBoundPage,
  signingOutPage,
} from '#http/pages.ts';
import { broker } from '#shared/runtime/broker.ts';

const mostTries = 2;

export const auth = endpoints({
  '/bff/login': { GET: inTime('login_failed', login) },
  '/bff/callback': { GET: inTime('login_failed', callback) },
  '/bff/session': { GET: inTime('store_unavailable', session) },
  '/bff/logout': { POST: inTime('store_unavailable', logout) },
  '/bff/device/register': { POST: inTime('store_unavailable', device(registerDevice)) },
  '/bff/device/refresh': { POST: inTime('store_unavailable', device(refreshDevice)) },
});

export const handler = lambda(broker, auth, errorPage);

async function login(context: RequestContext, request: HttpRequest): Promise<HttpAnswer> {
  const navigation = requireNavigation(request);
  const { env, log } = context;
  const { config } = env;
  const parameters = parseLogin(new URLSearchParams(request.rawQuery), config);
  const cookies = cookiesOf(request);
  const again = `/bff/login${request.rawQuery && `?${request.rawQuery}`}`;
  const invited = config.thirdPartyLogin && parameters.byIssuer;
  if (navigation === 'foreign' && !invited) return confirmSignInPage(request, config, again);
  const signedIn = sessionCookie(cookies);
  if (signedIn && (await endedUnbound(context, signedIn))) {
    log('device.not_bound');
    return notBoundPage(request, config, again);
  }
  if (triesOf(cookies) >= mostTries) {
    const held = signedIn && (await lookAtSession(context, shownBy(request, cookies, signedIn)));
    if (held !== 'usable') {
      log('login.rejected', { code: 'loop' });
      const page =
        held === 'unproven'
          ? notBoundPage(request, config, again)
          : loginLoopPage(request, config, again, lastTryFailed(cookies));
      return { ...page, cookies: [clearTries] };
    }
  }
  const previous = signedIn === undefined ? undefined : sessionIdOf(signedIn);
  const begun = await beginSignIn(context, parameters, previous);
  log('login.started');
  return redirect(302, begun.location, [
    ...clearOldestLogins(cookies),
    setLoginCookie(begun.loginCookie.id, begun.loginCookie.value),
  ]);
}

async function callback(context: RequestContext, request: HttpRequest): Promise<HttpAnswer> {
  requireNavigation(request);
  const cookies = cookiesOf(request);
  const outcome = await finishSignIn(context, new URLSearchParams(request.rawQuery), (id) =>
    loginCookie(cookies, id),
  );
  if (outcome.kind === 'unknown') {
    context.log('login.rejected', { code: 'unknown_transaction' });
    return deadSignInPage(request, context.env.config, await isSignedIn(context.env, cookies));
  }
  const { location, transaction } = outcome;
  if (outcome.kind === 'started_over') {
    const { id, value } = outcome.loginCookie;
    return redirect(302, location, [clearLoginCookie(transaction), setLoginCookie(id, value)]);
  }
  const failed = outcome.kind === 'failed';
  const spent = [clearLoginCookie(transaction), setTries(triesOf(cookies) + 1, failed)];
  if (outcome.kind === 'failed') return redirect(302, location, spent);
  const { sessionSecret } = outcome;
  const id = sessionIdOf(sessionSecret);
  const others = noteSession(cookies, id, transaction);
  const answer = redirect(302, location, [setSessionCookie(sessionSecret), ...spent, ...others]);
  return { ...answer, headers: { ...answer.headers, ...askForKey(id, outcome.device) } };
}

/** Somebody who opens a callback again is told so. Without an answer from the table, they are asked to sign in. */
async function isSignedIn(env: Broker, cookies: Cookies): Promise<boolean> {
  const secret = sessionCookie(cookies);
  if (secret === undefined) return false;
  return Boolean(await openSession(env, secret).catch(() => undefined));
}

/** A fetch, a prefetch, a frame and HEAD are refused: nobody would see what they begin or use up. */
function requireNavigation(request: HttpRequest): Exclude<Navigation, 'none'> {
  if (request.method === 'HEAD') {
    throw new BrokerError('method_not_allowed', 'this is a navigation', {
      headers: { allow: 'GET' },
    });
  }
  const navigation = navigationOf(request);
  if (navigation === 'none') throw new BrokerError('bad_request', 'this is a navigation');
  return navigation;
}

/** What the page may know. This never extends the idle time and never holds a token. */
async function session(context: RequestContext, request: HttpRequest): Promise<HttpAnswer> {
  const { env } = context;
  requireOwnFetch(request, env.config.publicOrigin);
  const cookies = cookiesOf(request);
  const cookie = sessionCookie(cookies);
  if (cookie === undefined) return json({ authenticated: false });
  const used = await useSession(context, shownBy(request, cookies, cookie));
  // The cookie came back, so the browser keeps cookies.
  const tries = noMoreTries(cookies);
  if (!used) return json({ authenticated: false }, { cookies: tries });
  const { record, content } = used.session;
  return json(
    {
      authenticated: true,
      user: allowedClaims(env, content.claims),
      expires_at: record.expiresAt,
      idle_expires_at: idleEnd(record),
      acr: content.acr,
      amr: content.amr,
      auth_time: content.authTime,
      ...(env.config.session.deviceBound !== 'off' && { bound: used.proof !== undefined }),
    },
    { cookies: tries },
  );
}

async function logout(context: RequestContext, request: HttpRequest): Promise<HttpAnswer> {
  const { env } = context;
  const { publicOrigin } = env.config;
  const byFetch = isFetch(request);
  if (byFetch) requireOwnFetch(request, publicOrigin);
  else requireOwnForm(request, publicOrigin);
  const ended = await signOut(context, sessionCookie(cookiesOf(request)));
  const bound = env.config.session.deviceBound !== 'off';
  const cookies = [clearSessionCookie, clearTries, ...(bound ? [clearDeviceCookie] : [])];
  const headers = { 'clear-site-data': '"cache"' };
  if (byFetch) return { status: 204, headers, cookies };
  const next = await logoutRequest(env, ended);
  const answer =
    next && env.config.logout.method === 'post'
      ? signingOutPage(request, env.config, next)
      : redirect(303, next ? addressOf(next) : '/');
  return { ...answer, headers: { ...answer.headers, ...headers }, cookies };
}

/** The browser itself asks, when it binds a session to its device and whenever it needs a new bound cookie. */
function device(answerTo: typeof registerDevice): Handle {
  return async (context, request) => {
    const { publicOrigin, session } = context.env.config;
    if (session.deviceBound === 'off') throw new BrokerError('no_route', 'deviceBound is off');
    const asked = deviceAsked(request, sessionCookie(cookiesOf(request)), publicOrigin);
    return deviceAnswer(await answerTo(context, asked), publicOrigin);
  };
}
