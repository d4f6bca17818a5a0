// The security headers of the single-page app: one list for CloudFront and for the local gateway.

export const spaHeaders = {
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

/**
 * Scripts, styles and calls from this origin only, and never in a frame. `issuerOrigin`: the sign-out form ends at the
 * authorization server, and browsers apply form-action to redirects too.
 */
export function contentSecurityPolicy(issuerOrigin?: string): string {
  const formAction = issuerOrigin ? `'self' ${issuerOrigin}` : "'self'";
  return [
    "default-src 'self'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    `form-action ${formAction}`,
    "frame-ancestors 'none'",
  ].join('; ');
}
