// Checks that need a request: whether the server knows the app and its redirect URI, whether our keys can be fetched,
// and whether the clocks agree.
import { callbackUrl } from '#core/sign-in/begin.ts';
import type { Config } from '#shared/config/schema.ts';
import { type Ask, jsonOf, type ProbeAnswer, Unreachable } from './ask.ts';
import type { Clicks } from './clicks.ts';
import { type Finding, ok, warning, wrong } from './finding.ts';
import type { Document, Server } from './server-kind.ts';

/** Requests a sign-in that must not show a page (`prompt=none`): the answer tells how the server read the request. */
export async function probeRedirect(
  ask: Ask,
  config: Config,
  document: Document,
  { clicks }: Server,
): Promise<Finding> {
  const check = 'redirect URI';
  const redirectUri = callbackUrl(config.publicOrigin);
  if (document.require_pushed_authorization_requests === true) {
    return warning(
      check,
      'cannot be tested: the server accepts only pushed requests',
      clicks.redirect(redirectUri),
    );
  }
  const url = new URL(String(document.authorization_endpoint));
  const request = {
    client_id: config.clientId,
    response_type: 'code',
    scope: config.scopes.join(' '),
    redirect_uri: redirectUri,
    state: 'doctor',
    nonce: 'doctor',
    prompt: 'none',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(request)) url.searchParams.set(name, value);
  const answer = await ask(url).catch(unreachable);
  if (answer instanceof Unreachable) {
    return wrong(check, `the authorization endpoint: ${answer.message}`, clicks.issuer);
  }
  const to = answer.headers.get('location');
  const location = to === null ? null : URL.parse(to, url.href);
  if (isOwnPage(answer, location, url)) {
    const says = 'unclear: the server shows a page of its own, although prompt=none forbids it';
    return warning(check, says, `Sign in once to be sure. ${clicks.redirect(redirectUri)}`);
  }
  if (!location || location.origin + location.pathname !== redirectUri) {
    return wrong(
      check,
      `the server does not send people back to ${redirectUri} (status ${answer.status}): it does not know the client id or this URI`,
      `${clicks.general}: the client ID must be "${config.clientId}". ${clicks.redirect(redirectUri)}`,
    );
  }
  const error = location.searchParams.get('error');
  const pushes = document.pushed_authorization_request_endpoint && config.par !== 'never';
  if (error === 'invalid_request' && pushes) {
    const says = 'known, but the server refuses this request: it may accept only pushed ones';
    return warning(check, says, 'Ours are pushed. Sign in once to be sure.');
  }
  return judgeError(error, redirectUri, clicks);
}

/** Some servers show their sign-in page despite `prompt=none`. Okta shows a page at once only when it refuses. */
const isOwnPage = (answer: ProbeAnswer, location: URL | null, { origin }: URL): boolean =>
  location ? location.origin === origin : answer.status === 200;

/** The server knows the app and the URI. Nobody is signed in, so the expected answer is an error. */
function judgeError(error: string | null, redirectUri: string, clicks: Clicks): Finding {
  switch (error) {
    case 'invalid_scope':
      return wrong(
        'scopes',
        'the server refuses them',
        `${clicks.apiScopes}; or ${clicks.serverScopes}`,
      );
    case 'unauthorized_client':
    case 'unsupported_response_type':
      return wrong('grant types', `the app may not sign people in: ${error}`, clicks.grants);
    case 'access_denied':
      return wrong('policy', 'a policy of the server refuses the sign-in', clicks.assignments);
    case 'invalid_request':
    case 'server_error':
    case 'temporarily_unavailable':
      return warning('redirect URI', `known, but the server answered ${error}`, clicks.general);
    default:
      return ok('redirect URI', redirectUri);
  }
}

/** The server fetches these itself, so it must get the same answer as we do. */
export async function probeJwks(
  ask: Ask,
  { publicOrigin, clientAuth }: Config,
  { clicks }: Server,
): Promise<Finding | undefined> {
  if (clientAuth !== 'private_key_jwt') return undefined;
  const check = 'our keys';
  const url = new URL('/bff/jwks', publicOrigin);
  const answer = await ask(url).catch(unreachable);
  const afterDeploying = `Deploy first, then ask again. ${clicks.jwks(url.href)}`;
  if (answer instanceof Unreachable)
    return warning(check, `${url.href}: ${answer.message}`, afterDeploying);
  const keys = (jsonOf(answer) as { keys?: unknown } | undefined)?.keys;
  if (answer.status !== 200 || !Array.isArray(keys)) {
    return warning(check, `${url.href} answers ${answer.status}, without keys`, afterDeploying);
  }
  const secret = keys.some((key) => 'd' in (key as object));
  if (secret) return wrong(check, `${url.href} shows a private key`, 'Replace that key now.');
  return keys.length > 0
    ? ok(check, `${url.href}: ${keys.length}, public`)
    : wrong(check, `${url.href} is empty`, 'Look at the key ring: npm run operator -- keys list.');
}

export async function probeBroker(ask: Ask, { publicOrigin }: Config): Promise<Finding> {
  const url = new URL('/bff/health', publicOrigin);
  const answer = await ask(url).catch(unreachable);
  if (answer instanceof Unreachable) {
    return warning(
      'broker',
      `${url.origin}: ${answer.message}`,
      'Not deployed yet, or the domain does not lead there.',
    );
  }
  return answer.status === 200
    ? ok('broker', `${url.origin} is up`)
    : warning(
        'broker',
        `${url.href} answers ${answer.status}`,
        'Not deployed yet, or the domain leads elsewhere.',
      );
}

/**
 * Okta accepts proofs up to five minutes old, and none from the future (RFC 9449 section 11.1 leaves this to the
 * server).
 */
export function judgeClock(answer: ProbeAnswer): Finding {
  const theirs = Date.parse(answer.headers.get('date') ?? '');
  if (Number.isNaN(theirs))
    return warning('clock', 'the server sends no Date', 'Compare the clocks by hand.');
  // The Date header has whole seconds.
  const seconds = Math.round((answer.at - theirs - 500) / 1000);
  const apart = `${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} the server`;
  if (Math.abs(seconds) <= 2) return ok('clock', 'agrees with the server');
  return Math.abs(seconds) > 60
    ? wrong(
        'clock',
        `this machine is ${apart}: proofs made here are refused`,
        'Set the clock (NTP).',
      )
    : warning(
        'clock',
        `this machine is ${apart}: some servers refuse proofs that are ten seconds off (Keycloak), or from the future (Okta)`,
        'Set the clock (NTP).',
      );
}

function unreachable(error: unknown): Unreachable {
  if (error instanceof Unreachable) return error;
  throw error;
}
