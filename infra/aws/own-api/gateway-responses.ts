// What a REST API answers when the authorizer refuses. An authorizer cannot set headers, but a gateway response can take
// them from its context (API Gateway Developer Guide, "Gateway responses" and "Parameter mapping source reference"). The
// integration's own WWW-Authenticate would be renamed to x-amzn-remapped-www-authenticate; that of a gateway response is
// not. Plain data: the local gateway answers with the same.

export interface GatewayAnswer {
  type: 'ACCESS_DENIED' | 'UNAUTHORIZED' | 'AUTHORIZER_FAILURE' | 'AUTHORIZER_CONFIGURATION_ERROR';
  status: string;
  /** A text in single quotes, or `context.` and a name. */
  headers: Readonly<Record<string, string>>;
  /** `$context.` and a name become a value. Only our own words and sentences come here: they need no escaping. */
  body: string;
}

const json = (error: string, description: string) =>
  `{"error":"${error}","error_description":"${description}"}`;

const always = { 'Cache-Control': "'no-store'" };
const later = { ...always, 'Retry-After': "'2'" };
const away = json('temporarily_unavailable', 'the request cannot be judged at the moment');

export const gatewayAnswers: readonly GatewayAnswer[] = [
  {
    type: 'ACCESS_DENIED',
    // A gateway response has one status. A missing scope should be 403 (RFC 6750 section 3.1), but everything else,
    // above all the nonce, is 401.
    status: '401',
    headers: {
      ...always,
      'WWW-Authenticate': 'context.authorizer.challenge',
      'DPoP-Nonce': 'context.authorizer.nonce',
    },
    body: json('$context.authorizer.error', '$context.authorizer.error_description'),
  },
  {
    // No Authorization header: the authorizer was not asked.
    type: 'UNAUTHORIZED',
    status: '401',
    headers: { ...always, 'WWW-Authenticate': "'DPoP'" },
    body: json('invalid_request', 'an access token and a DPoP proof are needed'),
  },
  { type: 'AUTHORIZER_FAILURE', status: '503', headers: later, body: away },
  { type: 'AUTHORIZER_CONFIGURATION_ERROR', status: '503', headers: later, body: away },
];
