// Checks a configuration once, before anything runs.
import type * as z from 'zod/mini';
import { type ConfigPlace, contradictions } from './contradictions.ts';
import { ConfigError, describe } from './faults.ts';
import { type Config, type RouteConfig, route, schema } from './schema.ts';

export function parseConfig(input: unknown, place: ConfigPlace): Config {
  const fapi = isObject(input) && input.profile === 'fapi2';
  const defaults = fapi ? { par: 'require', assertionAudience: 'issuer' } : {};
  const given = isObject(input) ? { ...defaults, ...input } : input;
  const result = schema.safeParse(given);
  if (!result.success) {
    const { issues } = result.error;
    throw new ConfigError([
      ...issues.flatMap((issue) => describe(issue, given)),
      ...(isObject(given) ? contradictionsBeside(issues, given, place) : []),
    ]);
  }
  const config = result.data;
  const faults = [...contradictions(config, place)];
  if (faults.length > 0) throw new ConfigError(faults);
  const routes = config.routes?.map((route) => ({ ...route, stream: streams(route, config) }));
  return { ...config, routes: routes ?? [oktaApi(config.issuer)] };
}

/** Links can be rewritten only in a complete body. */
const streams = (
  { stream, rewriteLinks }: z.output<typeof route>,
  { streaming }: { streaming: boolean },
): boolean => stream ?? (streaming && !rewriteLinks);

/** Reports contradictions between the valid fields too, so that one error names everything. */
function contradictionsBeside(
  issues: z.core.$ZodIssue[],
  given: Record<string, unknown>,
  place: ConfigPlace,
): string[] {
  const wrong = new Set(
    issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : [issue.path[0]],
    ),
  );
  const sound = Object.entries(given).filter(([name]) => !wrong.has(name));
  const stand = {
    issuer: 'https://issuer.invalid',
    clientId: '-',
    publicOrigin: 'https://app.invalid',
  };
  const result = schema.safeParse({ ...stand, ...Object.fromEntries(sound) });
  return result.success ? [...contradictions(result.data, place)] : [];
}

/** Okta's own API, read-only. core/proxy/denials.ts denies more of it. */
function oktaApi(issuer: string): RouteConfig {
  const okta = route.parse({
    path: '/bff/api/v1/*',
    upstream: `${new URL(issuer).origin}/api/v1`,
    methods: ['GET', 'HEAD'],
  });
  return { ...okta, stream: false };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
