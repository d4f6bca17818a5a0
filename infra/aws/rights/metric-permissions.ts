// The permission to read metrics. CloudWatch knows no resources for these actions and no condition on a namespace, so only
// the Regions can be limited: whoever has this reads every metric of the account there, and changes nothing.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
import type { Statement } from '../../policy/document.ts';
import type { KeyScope } from './key-permissions.ts';
import type { Rights } from './rights.ts';

export const metricStatements = (
  { place, replicaRegions }: KeyScope,
  { readsMetrics }: Rights,
): Statement[] =>
  readsMetrics
    ? [
        {
          Effect: 'Allow',
          Action: ['cloudwatch:GetMetricData', 'cloudwatch:ListMetrics'],
          Resource: '*',
          Condition: {
            StringEquals: { 'aws:RequestedRegion': [place.region, ...replicaRegions] },
          },
        },
      ]
    : [];
