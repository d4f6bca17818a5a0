// Compares the authorization server's metadata with what the configuration needs (RFC 8414, OpenID Connect Discovery
// 1.0, RFC 9449 section 5.1, RFC 9126 section 5).
import { metadataFaults } from '#core/issuer/metadata.ts';
import type { Config } from '#shared/config/schema.ts';
import { type Finding, ok, warning, wrong } from './finding.ts';
import { judgeRefresh } from './refresh.ts';
import { type Document, list, type Server } from './server-kind.ts';
import { judgeSignOut } from './sign-out.ts';

export const algOf = ({ dpop }: Config) => (dpop.keySpec === 'RSA_2048' ? 'RS256' : 'ES256');

export function* judgeMetadata(
  document: Document,
  config: Config,
  server: Server,
): Iterable<Finding> {
  yield* broker(document, config);
  yield dpop(document, config, server);
  yield* grants(document, config, server);
  yield* clientAuth(document, config, server);
  yield par(document, config);
  yield* scopes(document, config, server);
  yield* judgeRefresh(document, config, server);
  yield judgeSignOut(document, config, server);
}

/** With another issuer nothing else is worth comparing: every line would have the same cause. */
export function issuerFault(document: Document, config: Config, { clicks }: Server) {
  if (document.issuer === config.issuer) return undefined;
  return wrong(
    'issuer',
    `the server calls itself ${String(document.issuer)}; the rest of it was not examined`,
    `Put that into the configuration as issuer, if it is the right server. ${clicks.issuer}`,
  );
}

/** What the broker itself would refuse, in its own words. Sign-ins are refused until it is corrected. */
function* broker(document: Document, config: Config): Iterable<Finding> {
  const faults = metadataFaults(document, config.issuer, algOf(config)).filter(
    (fault) => !fault.startsWith('dpop_'),
  );
  yield ok('issuer', config.issuer);
  if (faults.length > 0) {
    const todo = 'Sign-ins are refused until the server publishes it correctly.';
    yield wrong('endpoints', faults.join('; '), todo);
  } else {
    yield ok('endpoints', `all on ${new URL(config.issuer).host}`);
  }
}

function dpop(document: Document, config: Config, { clicks }: Server): Finding {
  const alg = algOf(config);
  const algs = list(document.dpop_signing_alg_values_supported);
  if (!algs) {
    return wrong(
      'DPoP',
      'the server does not announce it: sign-ins are refused where tokens are not bound',
      `It must support RFC 9449. ${clicks.dpop}`,
    );
  }
  return algs.includes(alg)
    ? ok('DPoP', `${alg} of ${algs.join(' ')}`)
    : wrong(
        'DPoP',
        `our key signs ${alg}, the server takes ${algs.join(' ')}`,
        `Choose another dpop.keySpec: ${algs.includes('RS256') ? 'RSA_2048' : 'ECC_NIST_P256'}.`,
      );
}

function* grants(
  document: Document,
  { scopes: asked }: Config,
  { clicks }: Server,
): Iterable<Finding> {
  const announced = list(document.grant_types_supported) ?? ['authorization_code', 'implicit'];
  const needed = [
    'authorization_code',
    ...(asked.includes('offline_access') ? ['refresh_token'] : []),
  ];
  const missing = needed.filter((grant) => !announced.includes(grant));
  yield missing.length === 0
    ? ok('grant types', needed.join(', '))
    : wrong('grant types', `the server does not offer ${missing.join(', ')}`, clicks.grants);
  const methods = list(document.response_types_supported);
  if (methods && !methods.includes('code')) {
    yield wrong('response type', 'the server does not offer code', clicks.grants);
  }
}

function* clientAuth(document: Document, config: Config, { clicks }: Server): Iterable<Finding> {
  if (config.clientAuth === 'none') {
    // Many servers accept public clients without announcing it.
    yield warning(
      'client authentication',
      'the client is public: whoever has a code and its verifier gets tokens',
      'Choose private_key_jwt.',
    );
    return;
  }
  const methods = list(document.token_endpoint_auth_methods_supported) ?? ['client_secret_basic'];
  yield methods.includes(config.clientAuth)
    ? ok('client authentication', config.clientAuth)
    : wrong(
        'client authentication',
        `the server takes ${methods.join(', ')}, not ${config.clientAuth}`,
        `Choose another clientAuth. ${clicks.credentials}`,
      );
  const algs = list(document.token_endpoint_auth_signing_alg_values_supported);
  if (config.clientAuth === 'private_key_jwt' && algs && !algs.includes('ES256')) {
    yield wrong(
      'client authentication',
      `our assertions are signed with ES256, the server takes ${algs.join(' ')}`,
      'Choose another clientAuth.',
    );
  }
}

function par(document: Document, config: Config): Finding {
  const offered = document.pushed_authorization_request_endpoint !== undefined;
  const required = document.require_pushed_authorization_requests === true;
  if (config.par === 'require' && !offered) {
    return wrong('PAR', 'required here, not offered there', 'Set par to auto.');
  }
  if (config.par === 'never' && required) {
    return wrong('PAR', 'never used here, required there', 'Set par to auto.');
  }
  return ok('PAR', offered && config.par !== 'never' ? 'used' : 'not used');
}

function* scopes(
  document: Document,
  { issuer, scopes: asked }: Config,
  { clicks }: Server,
): Iterable<Finding> {
  const ofOkta = asked.filter((scope) => scope.startsWith('okta.'));
  if (ofOkta.length > 0 && new URL(issuer).pathname !== '/') {
    yield wrong(
      'scopes',
      `${ofOkta.join(' ')}: only the org authorization server issues them`,
      `Use ${new URL(issuer).origin} as issuer, or leave them out.`,
    );
    return;
  }
  const announced = list(document.scopes_supported);
  // An org server grants okta.* per app and announces none of them.
  const missing = asked.filter((scope) => !ofOkta.includes(scope) && !announced?.includes(scope));
  yield announced && missing.length > 0
    ? warning('scopes', `the server does not announce ${missing.join(' ')}`, clicks.serverScopes)
    : ok('scopes', asked.join(' '));
}
