// The system that the command line names, and the flags that name it again.
import { type Given, UsageError } from './flags.ts';

export type Where =
  | { kind: 'local'; url: string }
  | { kind: 'stack'; stack: string; region?: string; profile?: string }
  | { kind: 'function'; name: string; region?: string; profile?: string }
  /**
   * Nothing was named. Commands that only read use the local system if it runs, otherwise the stack with the usual
   * name.
   */
  | { kind: 'any' };

export const usualStack = 'okta-dpop-bff';
const usualPort = 3002;
/** Where `npm start` listens for this, unless the port was taken. */
export const usualLocalUrl = `http://127.0.0.1:${usualPort}`;

export function whereOf({ local, function: name, stack, region, profile }: Given): Where {
  const named = [local, name, stack].filter((one) => one !== undefined).length;
  if (named > 1) throw new UsageError('--local, --function and --stack do not go together');
  const account = { ...(region && { region }), ...(profile && { profile }) };
  if (local !== undefined) {
    if (region || profile) throw new UsageError('--region and --profile mean nothing to --local');
    return { kind: 'local', url: localUrl(local) };
  }
  if (name !== undefined) return { kind: 'function', name, ...account };
  if (stack !== undefined || region || profile) {
    return { kind: 'stack', stack: stack ?? usualStack, ...account };
  }
  return { kind: 'any' };
}

/** A port, a host with or without one, or a URL. */
function localUrl(text: string): string {
  if (text === '') return usualLocalUrl;
  const isUrl = /^https?:/i.test(text);
  const url = URL.parse(isUrl ? text : `http://${/^\d+$/.test(text) ? `127.0.0.1:${text}` : text}`);
  if (!url || !['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)) {
    throw new UsageError(
      '--local must be a port or an address on this machine, as npm start prints it',
    );
  }
  return isUrl || text.includes(':') || url.port ? url.origin : `${url.origin}:${usualPort}`;
}

/** The flags that name it. */
export function flagsOf(where: Where): string[] {
  switch (where.kind) {
    case 'local': {
      if (where.url === usualLocalUrl) return ['--local'];
      const { hostname, port } = new URL(where.url);
      return ['--local', hostname === '127.0.0.1' && port ? port : where.url];
    }
    case 'stack':
      return ['--stack', where.stack, ...accountFlags(where)];
    case 'function':
      return ['--function', where.name, ...accountFlags(where)];
    case 'any':
      return [];
  }
}

const accountFlags = ({ region, profile }: { region?: string; profile?: string }): string[] => [
  ...(region ? ['--region', region] : []),
  ...(profile ? ['--profile', profile] : []),
];
