// Asks the authorization server and the deployed broker what they want and have, and compares: before deploying and after.
import { metadataUrls } from '#core/metadata.ts';
import type { Config } from '#shared/config.ts';
import { type Answer, type Ask, jsonOf, Unreachable } from './ask.ts';
import { clicks } from './clicks.ts';
import { judgeConfiguration } from './configuration.ts';
import { type Finding, ok, wrong } from './finding.ts';
import { type Document, judgeMetadata } from './metadata.ts';
import { judgeClock, probeBroker, probeJwks, probeRedirect } from './probes.ts';

export async function* examine(ask: Ask, config: Config): AsyncIterable<Finding> {
  yield* judgeConfiguration(config);
  const { finding, document, answer } = await discover(ask, config.issuer);
  yield finding;
  if (answer) yield judgeClock(answer);
  if (document) {
    yield* judgeMetadata(document, config);
    yield* await serverKeys(ask, document);
    yield await probeRedirect(ask, config, document);
  }
  yield await probeBroker(ask, config);
  const keys = await probeJwks(ask, config);
  if (keys) yield keys;
}

interface Discovery {
  finding: Finding;
  document?: Document;
  answer?: Answer;
}

async function discover(ask: Ask, issuer: string): Promise<Discovery> {
  let last = '';
  for (const url of metadataUrls(issuer)) {
    try {
      const answer = await ask(url);
      const document = jsonOf(answer);
      if (answer.status === 200 && isObject(document)) {
        return { finding: ok('discovery', url.href), document, answer };
      }
      last = `${url.href} answers ${answer.status}${answer.status === 200 ? ', and not with JSON' : ''}`;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      last = `${url.host}: ${error.message}`;
    }
  }
  return { finding: wrong('discovery', last, clicks.issuer) };
}

async function serverKeys(ask: Ask, document: Document): Promise<Finding[]> {
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
export function byHand({ clientAuth, publicOrigin, scopes }: Config): string[] {
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
