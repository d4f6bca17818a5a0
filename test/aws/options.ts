// The options of `npm run test:aws`.
import { parseArgs } from 'node:util';

export const usage =
  'usage: npm run test:aws -- --profile … --region … --issuer … --client-id …\n' +
  '   or: npm run test:aws -- --profile … --region … --tunnel https://… [--port 3001]';

export interface Options {
  profile: string;
  region: string;
  server: { issuer: string; clientId: string };
  /** In place of the server: the stand-in, at this public origin. */
  tunnel?: { origin: string; port: number } | undefined;
}

const names = ['profile', 'region', 'issuer', 'client-id', 'tunnel', 'port'] as const;
type Name = (typeof names)[number];

export function optionsOf(args: readonly string[]): Options | { faults: string[] } {
  let values: Partial<Record<Name, string>>;
  try {
    const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
    ({ values } = parseArgs({ args: [...args], options }));
  } catch (error) {
    return { faults: [(error as Error).message] };
  }
  const { profile = '', region = '', issuer = '', tunnel, port = '3001' } = values;
  const needed: Name[] = [
    'profile',
    'region',
    ...(tunnel ? [] : (['issuer', 'client-id'] as const)),
  ];
  const missing = needed.filter((name) => !values[name]);
  const faults = [
    ...(missing.length > 0 ? [`missing: ${missing.join(', ')}`] : []),
    ...(tunnel && issuer ? ['--tunnel takes the place of --issuer and --client-id'] : []),
    ...(tunnel && !isPublic(tunnel)
      ? [`--tunnel must be an https origin without a path, not ${tunnel}`]
      : []),
    ...(/^\d{1,5}$/.test(port) ? [] : [`--port must be a number, not ${port}`]),
  ];
  if (faults.length > 0) return { faults };
  return {
    profile,
    region,
    server: { issuer, clientId: values['client-id'] ?? '' },
    tunnel: tunnel ? { origin: new URL(tunnel).origin, port: Number(port) } : undefined,
  };
}

function isPublic(tunnel: string): boolean {
  const url = URL.parse(tunnel);
  return url?.protocol === 'https:' && url.href === `${url.origin}/`;
}
