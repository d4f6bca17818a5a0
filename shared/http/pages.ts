// The few pages that people see. Each says what happened and what to do. One of them has a script, of one line.
import { type ErrorCode, statusOf } from '#core/errors.ts';
import { safeReturnTo } from '#core/sign-in/return-to.ts';
import { type Language, languageFor, type PageName, sentences } from './languages.ts';
import type { HttpAnswer, HttpRequest } from './message.ts';
import { document, html, type Look, links } from './page-document.ts';

/** What a page knows of its installation. */
export interface Site {
  pages: Look;
  publicOrigin: string;
}

type Asked = Pick<HttpRequest, 'id' | 'headers'>;

const viewOf = ({ id, headers }: Asked, { pages }: Pick<Site, 'pages'>) => {
  const language: Language = languageFor(headers['accept-language']);
  return { language, look: pages, requestId: id, say: sentences(language) };
};

/** The dead end of the callback: a bookmark, the back button, somebody else's link, or a sign-in that took too long. */
export function deadSignInPage(
  request: Pick<HttpRequest, 'id' | 'headers' | 'cookies'>,
  site: Site,
  signedIn: boolean,
): HttpAnswer {
  const { say, ...view } = viewOf(request, site);
  const again: [string, string] = [say.signInAgain, '/bff/login'];
  const toApp: [string, string] = [say.toApp, '/'];
  const actions = signedIn ? links(toApp, again) : links([say.signIn, '/bff/login'], toApp);
  const sent = request.cookies.length > 0 ? 'deadSignIn' : 'noCookie';
  return document({ ...view, status: 400, page: signedIn ? 'alreadySignedIn' : sent, actions });
}

/** Another site sent the browser here: a sign-in begins only when the person wants it. */
export function confirmSignInPage(request: Asked, site: Site, href: string): HttpAnswer {
  const { say, ...view } = viewOf(request, site);
  const actions = links([say.signIn, href]);
  return document({ ...view, status: 200, page: 'confirmSignIn', actions });
}

/** `failed`: the sign-ins failed. Otherwise they went well, and the browser came back without its session. */
export function loginLoopPage(
  request: Asked,
  site: Site,
  href: string,
  failed: boolean,
): HttpAnswer {
  const { say, ...view } = viewOf(request, site);
  const page = failed ? 'refusedTwice' : 'forgottenTwice';
  return document({ ...view, status: 400, page, actions: links([say.tryAgain, href]) });
}

/** The browser did not bind its session to the device. It may be one that cannot, or it failed this once. */
export function notBoundPage(request: Asked, site: Site, href: string): HttpAnswer {
  const { say, ...view } = viewOf(request, site);
  return document({ ...view, status: 403, page: 'notBound', actions: links([say.tryAgain, href]) });
}

const submit = 'document.forms[0].submit()';

/**
 * Sends the browser to the authorization server by POST, so that no address holds the ID token. The policy also lists
 * where the server sends the browser afterwards, because Chromium applies form-action to redirects too.
 */
export function signingOutPage(
  request: Asked,
  site: Site,
  { endpoint, parameters }: { endpoint: URL; parameters: Record<string, string> },
): HttpAnswer {
  const { say, ...view } = viewOf(request, site);
  const fields = Object.entries(parameters).map(
    ([name, value]) => `<input type="hidden" name="${html(name)}" value="${html(value)}">`,
  );
  const answer = document({
    ...view,
    status: 200,
    page: 'signingOut',
    policy: { formAction: `${endpoint.origin} 'self'`, script: submit },
    actions: `<form method="post" action="${html(endpoint.href)}">
${fields.join('\n')}
<button class="button">${html(say.signOut)}</button>
</form>
<script>${submit}</script>`,
  });
  // Without a referrer the form's Origin would be null, which some servers refuse.
  return { ...answer, headers: { ...answer.headers, 'referrer-policy': 'strict-origin' } };
}

/** `env` is undefined when the configuration itself is wrong. */
export function errorPage(
  request: HttpRequest,
  code: ErrorCode,
  env: { config: Site } | undefined,
): HttpAnswer {
  const { say, ...view } = viewOf(request, env?.config ?? { pages: {} });
  const page = pageOf[code] ?? 'ourFault';
  const toApp: [string, string] = [say.toApp, env ? returnToOf(request, env.config) : '/'];
  const query = request.rawQuery && `?${request.rawQuery}`;
  const again: [string, string] = [say.tryAgain, `/bff/login${query}`];
  const begins = request.path === '/bff/login' && statusOf(code) >= 500;
  const actions = begins ? links(again, toApp) : links(toApp);
  return document({ ...view, status: statusOf(code), page, actions });
}

const pageOf: Partial<Record<ErrorCode, PageName>> = {
  login_failed: 'notStarted',
  store_unavailable: 'unavailable',
  signer_unavailable: 'unavailable',
  refresh_unavailable: 'unavailable',
  bad_request: 'badLink',
  bad_return_to: 'badLink',
  bad_path: 'badLink',
  method_not_allowed: 'badLink',
  csrf: 'notFromHere',
  no_route: 'nothingHere',
};

/** Where the sign-in was to end. */
function returnToOf({ path, rawQuery }: HttpRequest, { publicOrigin }: Site): string {
  const wanted = path === '/bff/login' && new URLSearchParams(rawQuery).get('return_to');
  return (wanted && safeReturnTo(wanted, publicOrigin)) || '/';
}
