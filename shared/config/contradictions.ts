// What contradicts what in a configuration whose fields are valid one by one, and what may not be used where.
import type * as z from 'zod/mini';
import { isOwnMachine } from './own-machine.ts';
import type { schema } from './schema.ts';

/**
 * Where a configuration is used. A secret in the clear and addresses of this machine are allowed on this machine only.
 * A stack on an AWS emulator also runs here.
 */
export type ConfigPlace = 'local' | 'deployed' | 'emulated';

const seconds = { minute: 60, hour: 3600 };

export function* contradictions(
  config: z.output<typeof schema>,
  place: ConfigPlace,
): Iterable<string> {
  if (place === 'deployed') yield* ownMachines(config);
  const secret = config.clientAuth.startsWith('client_secret');
  if (!secret && config.clientSecretArn)
    yield 'clientSecretArn: only with a client_secret_* clientAuth';
  if (!secret && config.clientSecret) yield 'clientSecret: only with a client_secret_* clientAuth';
  if (place !== 'local' && config.clientSecret) {
    yield 'clientSecret: never in a deployed configuration; store it in Secrets Manager and give clientSecretArn';
  }
  if (secret && !config.clientSecretArn && !(place === 'local' && config.clientSecret)) {
    yield `clientSecretArn: needed with clientAuth ${config.clientAuth}`;
  }
  if (config.clientSecret && config.clientSecretArn)
    yield 'clientSecret: not together with clientSecretArn';
  if (config.profile === 'fapi2') {
    if (config.clientAuth !== 'private_key_jwt')
      yield 'clientAuth: profile fapi2 needs private_key_jwt';
    if (config.par !== 'require') yield 'par: profile fapi2 needs require';
    if (config.assertionAudience !== 'issuer')
      yield 'assertionAudience: profile fapi2 needs issuer';
    if (config.dpop.keySpec !== 'ECC_NIST_P256')
      yield 'dpop.keySpec: profile fapi2 needs ECC_NIST_P256';
  }
  if (config.dpop.rebindOnRefresh && config.clientAuth === 'none') {
    yield 'dpop.rebindOnRefresh: only for confidential clients, not with clientAuth none';
  }
  if (config.session.idleMinutes * seconds.minute > config.session.absoluteHours * seconds.hour) {
    yield 'session.idleMinutes: longer than session.absoluteHours';
  }
  const paths = new Set<string>();
  for (const [index, { path, upstream, wholeHost, stream, navigable, methods, token, ...own }] of (
    config.routes ?? []
  ).entries()) {
    const at = `routes[${index}]`;
    if (paths.has(path)) yield `${at}.path: ${path} is listed twice`;
    paths.add(path);
    if (new URL(upstream).pathname === '/' && !wholeHost) {
      yield `${at}.upstream: needs a path, or "wholeHost": true to open the whole host`;
    }
    if (stream && !config.streaming) yield `${at}.stream: needs "streaming": true`;
    if (stream && own.rewriteLinks) {
      yield `${at}.rewriteLinks: contradicts stream, whose bodies pass as they come`;
    }
    if (navigable && !methods.includes('GET')) yield `${at}.navigable: only for a route with GET`;
    if (token === 'none' && (own.resource || own.scopes)) {
      yield `${at}.token: "none" contradicts resource and scopes`;
    }
  }
}

function* ownMachines({
  issuer,
  publicOrigin,
  routes = [],
}: z.output<typeof schema>): Iterable<string> {
  const named: [field: string, url: string][] = [
    ['issuer', issuer],
    ['publicOrigin', publicOrigin],
    ...routes.map(({ upstream }, at): [string, string] => [`routes[${at}].upstream`, upstream]),
  ];
  for (const [field, url] of named) {
    if (!isOwnMachine(new URL(url))) continue;
    yield `${field}: is an address of the machine itself, which in AWS is the function's own`;
  }
}
