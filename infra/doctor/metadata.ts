// What the authorization server says about itself, against what the configuration needs (RFC 8414, OpenID Connect
// Discovery 1.0, RFC 9449 section 5.1, RFC 9126 section 5).
import { metadataFaults } from '#core/metadata.ts';
import type { Config } from '#shared/config.ts';
import { clicks } from './clicks.ts';
import { type Finding, ok, warning, wrong } from './finding.ts';

export type Document = Record<string, unknown>;

export const algOf = ({ dpop }: Config) => (dpop.keySpec === 'RSA_2048' ? 'RS256' : 'ES256');

export function* judgeMetadata(document: Document, config: Config): Iterable<Finding> {
  yield* broker(document, config);
  yield dpop(document, config);
  yield* grants(document, config);
  yield* clientAuth(document, config);
  yield par(document, config);
  yield* scopes(document, config);
  yield signOut(document, config);
}

/** What the broker itself would refuse, in its own words; a sign-in is refused until it is mended. */
function* broker(document: Document, config: Config): Iterable<Finding> {
  const faults = metadataFaults(document, config.issuer, algOf(config)).filter(
    (fault) => !fault.startsWith('dpop_'),
  );
  for (const fault of faults) {
    yield fault.startsWith('issuer ')
      ? wrong(
          'issuer',
          `the server calls itself ${String(document.issuer)}`,
          `Put that into the configuration as issuer, if it is the right server. ${clicks.issuer}`,
        )
      : wrong('endpoints', fault, 'Sign-ins are refused until the server publishes it rightly.');
  }
  if (faults.length === 0) {
    yield ok('issuer', config.issuer);
    yield ok('endpoints', `all on ${new URL(config.issuer).host}`);
  }
}

function dpop(document: Document, config: Config): Finding {
  const alg = algOf(config);
  const algs = list(document.dpop_signing_alg_values_supported);
  if (!algs) {
    return warning(
      'DPoP',
      'the server does not announce it',
      `It must know RFC 9449. ${clicks.dpop}`,
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

function* grants(document: Document, { scopes: asked }: Config): Iterable<Finding> {
  const announced = list(document.grant_types_supported) ?? ['authorization_code', 'implicit'];
  const needed = [
    'authorization_code',
    ...(asked.includes('offline_access') ? ['refresh_token'] : []),
  ];
  const missing = needed.filter((grant) => !announced.includes(grant));
  yield missing.length === 0
    ? ok('grant types', needed.join(', '))
    : wrong('grant types', `the server does not offer ${missing.join(', ')}`, clicks.grants);
  if (!asked.includes('offline_access')) {
    yield warning(
      'refresh',
      'scopes lack offline_access, so sessions end with their first access token',
      'Add offline_access to scopes.',
    );
  }
  const methods = list(document.response_types_supported);
  if (methods && !methods.includes('code')) {
    yield wrong('response type', 'the server does not offer code', clicks.grants);
  }
}

function* clientAuth(document: Document, config: Config): Iterable<Finding> {
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
  if (config.clientAuth === 'none') {
    yield warning(
      'client authentication',
      'the client is public: whoever has a code and its verifier gets tokens',
      'Choose private_key_jwt.',
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
    return wrong('PAR', 'never here, required there', 'Set par to auto.');
  }
  return ok('PAR', offered && config.par !== 'never' ? 'used' : 'not used');
}

function* scopes(document: Document, { issuer, scopes: asked }: Config): Iterable<Finding> {
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

function signOut(document: Document, { publicOrigin }: Config): Finding {
  const missing = [
    ...(document.end_session_endpoint ? [] : ['end_session_endpoint']),
    ...(document.revocation_endpoint ? [] : ['revocation_endpoint']),
  ];
  return missing.length === 0
    ? ok('sign-out', 'ends at the server and revokes tokens')
    : warning(
        'sign-out',
        `the server has no ${missing.join(' and no ')}: people stay signed in there`,
        clicks.afterLogout(`${publicOrigin}/`),
      );
}

const list = (value: unknown): string[] | undefined =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined;
