// Runs at CloudFront before a request is answered or passed on (runtime cloudfront-js-2.0). Deep links of the SPA are
// handled here and not by error pages, which would also rewrite the API's errors.

/** Pages: a path whose last segment has no dot is a route of the SPA and gets its index.html. */
export const pageCode = (host: string | undefined): string => `function handler(event) {
  var request = event.request;
  ${host ? elsewhere(host, `{ statusCode: 308, statusDescription: 'Permanent Redirect', headers: { location: { value: 'https://${host}' + request.uri } } }`) : ''}
  var name = request.uri.split('/').pop();
  if (name.indexOf('.') < 0) request.uri = '/index.html';
  return request;
}
`;

/** The broker answers under one name only: the host that owns the cookies. */
export const brokerCode = (host: string): string => `function handler(event) {
  var request = event.request;
  ${elsewhere(host, `{ statusCode: 421, statusDescription: 'Misdirected Request', headers: { 'cache-control': { value: 'no-store' } } }`)}
  return request;
}
`;

const elsewhere = (host: string, answer: string) =>
  `if (!request.headers.host || request.headers.host.value !== '${host}') return ${answer};`;
