// Paths that a route refuses for every method: those of the operator's patterns, and Okta's paths whose answers
// contain secrets.
import type { RouteSettings } from '#core/settings.ts';
import { lenientReading } from './paths.ts';
import { matchesPattern } from './patterns.ts';

/** The operator's patterns match the path below the route; ours match the whole path of the upstream. */
export function deniesOf(
  { deny = [], allowSecrets }: Pick<RouteSettings, 'deny' | 'allowSecrets'>,
  base: string,
): (below: string) => boolean {
  const own = deny.map(lenientReading);
  const plainBase = plain(base);
  return (below) => someMatch(own, below) || (!allowSecrets && bearsSecrets(plainBase + below));
}

/** As a server may read it: a configured path may have escapes and empty segments. A path below a route has neither. */
function plain(base: string): string {
  const once = base.replace(/%([0-9a-f]{2})/gi, (_escape, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return once === base ? base.replace(/\/+/g, '/') : plain(once);
}

/**
 * Denied on any host, because an org also answers at its admin host and at custom domains. Apps and identity providers
 * are listed because their answers contain client secrets.
 */
const secretBearing = [
  '*/oauth2',
  '*/oauth2/*',
  '*/api/v1/api-tokens*',
  '*/api/v1/apps*',
  '*/api/v1/authn*',
  '*/api/v1/idps*',
  '*/api/v1/sessions*',
  '*/api/v1/*/credentials/secrets*',
  '*/api/v1/*/clients/*/tokens*',
];
const userinfo = /^\/oauth2\/(?:(?:[^/]+\/)?v1\/)?userinfo$/;

const bearsSecrets = (path: string): boolean =>
  someMatch(secretBearing, path) && !userinfo.test(withoutSlash(lenientReading(path)));

function someMatch(patterns: readonly string[], path: string): boolean {
  if (patterns.length === 0) return false;
  const careless = lenientReading(path);
  const forms = [path.toLowerCase(), careless, withoutSlash(careless)];
  return patterns.some((pattern) => forms.some((form) => matchesPattern(pattern, form)));
}

const withoutSlash = (path: string) => (path.endsWith('/') ? path.slice(0, -1) : path);
