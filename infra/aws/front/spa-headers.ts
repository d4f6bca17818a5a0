// Security headers of the pages. The broker sets its own; here its answers only get headers about the connection.
import { Duration } from 'aws-cdk-lib';
import {
  HeadersFrameOption,
  HeadersReferrerPolicy,
  ResponseHeadersPolicy,
  type ResponseSecurityHeadersBehavior,
} from 'aws-cdk-lib/aws-cloudfront';
import type { Construct } from 'constructs';
import { spaHeaders } from '../../spa-headers.ts';

const connection: ResponseSecurityHeadersBehavior = {
  strictTransportSecurity: {
    accessControlMaxAge: Duration.days(365),
    includeSubdomains: true,
    override: true,
  },
  contentTypeOptions: { override: true },
};

export const pageHeaders = (
  scope: Construct,
  name: string,
  policy: string,
): ResponseHeadersPolicy =>
  new ResponseHeadersPolicy(scope, 'PageHeaders', {
    responseHeadersPolicyName: `${name}-pages`,
    securityHeadersBehavior: {
      ...connection,
      contentSecurityPolicy: { contentSecurityPolicy: policy, override: true },
      frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
      referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
    },
    customHeadersBehavior: {
      customHeaders: Object.entries(spaHeaders)
        .filter(([header]) => !ownSettings.includes(header))
        .map(([header, value]) => ({ header, value, override: true })),
    },
  });

/** CloudFront has separate settings for these, and refuses them among the others. */
const ownSettings = ['referrer-policy', 'x-content-type-options', 'x-frame-options'];

/** No frame-ancestors: the authorization server frames /bff/frontchannel-logout. */
export const brokerHeaders = (scope: Construct, name: string): ResponseHeadersPolicy =>
  new ResponseHeadersPolicy(scope, 'BrokerHeaders', {
    responseHeadersPolicyName: `${name}-broker`,
    securityHeadersBehavior: {
      ...connection,
      referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: false },
    },
  });
