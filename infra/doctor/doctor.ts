// Asks the authorization server and the deployed broker what they require and offer, and compares: before deployment
// and after.
import { metadataUrls } from '#core/issuer/metadata.ts';
import type { Config } from '#shared/config/schema.ts';
import { type Ask, jsonOf, type ProbeAnswer, Unreachable } from './ask.ts';
import { type Clicks, oktaClicks } from './clicks.ts';
import { judgeConfiguration } from './configuration.ts';
import { type Finding, ok, wrong } from './finding.ts';
import { issuerFault, judgeMetadata } from './metadata.ts';
import { judgeClock, probeBroker, probeJwks, probeRedirect } from './probes.ts';
import { type Document, type Server, serverOf } from './server-kind.ts';

export async function* examine(
  ask: Ask,
  config: Config,
  found?: Discovery,
): AsyncIterable<Finding> {
  yield* judgeConfiguration(config);
  const { finding, document, answer, server } = found ?? (await discover(ask, config.issuer));
  yield finding;
  if (answer) yield judgeClock(answer);
  const another = document && issuerFault(document, config, server);
  if (another) yield another;
  else if (document) yield* examineServer(ask, config, document, server);
  yield await probeBroker(ask, config);
  const keys = await probeJwks(ask, config, server);
  if (keys) yield keys;
}

async function* examineServer(
  ask: Ask,
  config: Config,
  document: Document,
  server: Server,
): AsyncIterable<Finding> {
  yield* judgeMetadata(document, config, server);
  yield* await serverKeys(ask, document, server.clicks);
  const { origin } = new URL(config.issuer);
  // An endpoint on another host was already reported, and is not called.
  if (URL.parse(String(document.authorization_endpoint))?.origin === origin) {
    yield await probeRedirect(ask, config, document, server);
  }
}

export interface Discovery {
  finding: Finding;
  server: Server;
  document?: Document;
  answer?: ProbeAnswer;
}

export async function discover(ask: Ask, issuer: string): Promise<Discovery> {
  let last = '';
  for (const url of metadataUrls(issuer)) {
    try {
      const answer = await ask(url);
      const document = jsonOf(answer);
      if (answer.status === 200 && isObject(document)) {
        const server = serverOf(issuer, document);
        return { finding: ok('discovery', url.href), document, answer, server };
      }
      last = `${url.href} answers ${answer.status}${answer.status === 200 ? ', but not with JSON' : ''}`;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      last = `${url.host}: ${error.message}`;
    }
  }
  const server = serverOf(issuer);
  return { finding: wrong('discovery', last, server.clicks.issuer), server };
}

async function serverKeys(ask: Ask, document: Document, clicks: Clicks): Promise<Finding[]> {
  const url = URL.parse(String(document.jwks_uri));
  if (!url) return [];
  try {
    const answer = await ask(url);
    const keys = (jsonOf(answer) as { keys?: unknown[] } | undefined)?.keys;
    return answer.status === 200 && Array.isArray(keys) && keys.length > 0
      ? [ok("the server's keys", `${keys.length}`)]
      : [
          wrong(
            "the server's keys",
            `${url.href} answers ${answer.status}, without keys`,
            clicks.issuer,
          ),
        ];
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return [wrong("the server's keys", error.message, clicks.issuer)];
  }
}

/** What cannot be seen from outside. */
export function byHand(
  { clientAuth, publicOrigin, scopes }: Config,
  clicks: Clicks = oktaClicks,
): string[] {
  return [
    clicks.dpop,
    ...(clientAuth === 'private_key_jwt' ? [clicks.jwks(`${publicOrigin}/bff/jwks`)] : []),
    clicks.afterLogout(`${publicOrigin}/`),
    ...(scopes.some((scope) => scope.startsWith('okta.')) ? [clicks.apiScopes] : []),
    clicks.assignments,
  ];
}

const isObject = (value: unknown): value is Document =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
