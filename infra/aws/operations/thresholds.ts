// When the alarms go off, unless an app says otherwise.

/** An alarm goes off when its value is reached. */
export interface Thresholds {
  /** The share of finished sign-ins that may fail, in percent. */
  readonly loginFailures?: number;
  /** The number of renewals that may fail in five minutes. */
  readonly refreshFailures?: number;
  /** The share of the account's quota for signatures, in percent. */
  readonly signingQuota?: number;
  /** The share of the APIs' answers that may be 5xx, in percent. */
  readonly serverErrors?: number;
  /** The share of CloudFront's answers that may be 5xx, in percent. */
  readonly edgeErrors?: number;
  /** The share of requests that the firewall may block, in percent. */
  readonly blockedRequests?: number;
  /** The share of the API's answers that may be refusals of requests that bypass CloudFront, in percent. */
  readonly originRefusals?: number;
  /** The share of finished streams that may crash, time out or be cut, in percent. */
  readonly streamErrors?: number;
  /** The 99th percentile of proxied calls, in milliseconds. */
  readonly slowCallsMs?: number;
  /** The 99th percentile of signatures, in milliseconds. */
  readonly slowSigningMs?: number;
  /** The age of the active key, for either use. */
  readonly keyAgeDays?: number;
  /** The number of refusals in five minutes. */
  readonly csrfRefusals?: number;
  /** The number of refusals for want of a device's proof in five minutes. */
  readonly deviceRefusals?: number;
  /** The number of sign-ins that begin in five minutes, finished or not. */
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
