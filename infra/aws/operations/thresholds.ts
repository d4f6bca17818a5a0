// When the alarms go off, unless an app says otherwise.

/** An alarm goes off when its value is reached. */
export interface Thresholds {
  /** The share of finished sign-ins that may fail, in percent. Default: 25. */
  readonly loginFailures?: number;
  /** The number of renewals that may fail in five minutes. Default: 5. */
  readonly refreshFailures?: number;
  /** The share of the account's quota for signatures, in percent. Default: 70. */
  readonly signingQuota?: number;
  /** The share of the APIs' answers that may be 5xx, in percent. Default: 1. */
  readonly serverErrors?: number;
  /** The share of CloudFront's answers that may be 5xx, in percent. Default: 5. */
  readonly edgeErrors?: number;
  /** The share of requests that the firewall may block, in percent. Default: 10. */
  readonly blockedRequests?: number;
  /** The share of the API's answers that may be refusals of requests that bypass CloudFront, in percent. Default: 50. */
  readonly originRefusals?: number;
  /** The share of finished streams that may crash, time out or be cut, in percent. Default: 50. */
  readonly streamErrors?: number;
  /** The 99th percentile of proxied calls, in milliseconds. Default: 5000. */
  readonly slowCallsMs?: number;
  /** The 99th percentile of signatures, in milliseconds. Default: 500. */
  readonly slowSigningMs?: number;
  /** The age of the active key, for either use. Default: 365. */
  readonly keyAgeDays?: number;
  /** The number of refusals in five minutes. Default: 100. */
  readonly csrfRefusals?: number;
  /** The number of refusals for want of a device's proof in five minutes. Default: 100. */
  readonly deviceRefusals?: number;
  /** The number of sign-ins that begin in five minutes, finished or not. Default: 3000. */
  readonly signInsStarted?: number;
}

export const usualThresholds = {
  loginFailures: 25,
  refreshFailures: 5,
  signingQuota: 70,
  serverErrors: 1,
  edgeErrors: 5,
  blockedRequests: 10,
  originRefusals: 50,
  streamErrors: 50,
  slowCallsMs: 5000,
  slowSigningMs: 500,
  keyAgeDays: 365,
  csrfRefusals: 100,
  deviceRefusals: 100,
  signInsStarted: 3000,
} satisfies Required<Thresholds>;
