// The published metadata: what Okta leaves out, and how the metadata faults change it.
import type { Org } from '#infra/local/okta/org.ts';

export function faultyMetadata(org: Org, ctx: { body: unknown; status: number }): void {
  const metadata = ctx.body as Record<string, unknown>;
  delete metadata.authorization_response_iss_parameter_supported;
  metadata.id_token_signing_alg_values_supported = [org.settings.idTokenAlg];
  if (org.settings.issParameter) metadata.authorization_response_iss_parameter_supported = true;

  switch (org.faults.take('metadata')) {
    case 'wrong_issuer':
      metadata.issuer = `${metadata.issuer}/other`;
      break;
    case 'foreign_endpoint':
      metadata.token_endpoint = 'https://evil.example/oauth2/v1/token';
      break;
    case 'http_endpoint':
      metadata.token_endpoint = 'http://okta.example/oauth2/v1/token';
      break;
    case 'no_par':
      delete metadata.pushed_authorization_request_endpoint;
      break;
    case 'no_dpop_algs':
      delete metadata.dpop_signing_alg_values_supported;
      break;
    case 'other_dpop_algs':
      metadata.dpop_signing_alg_values_supported = ['PS256', 'EdDSA'];
      break;
    case 'iss_advertised':
      metadata.authorization_response_iss_parameter_supported = true;
      break;
    case 'not_json':
      ctx.body = '<html>maintenance</html>';
      break;
    case 'unavailable':
      ctx.status = 503;
      ctx.body = 'Service Unavailable';
      break;
    default:
  }
}
