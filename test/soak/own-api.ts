// A company's own API behind the authorizer that is deployed, in the gateway's process: what the authorizer keeps is
// measured, too.
import type { Functions } from '#infra/local/gateway/lambda/lambda.ts';
import { createFunctions } from '#infra/local/gateway/lambda/lambda.ts';
import { eventFeed } from '#infra/local/okta/switchboard/events.ts';
import { startOrders } from '#infra/local/orders/orders.ts';
import { bundleFunctions } from '#infra/local/run/bundles.ts';
import type { OwnConfig } from '#infra/local/run/own-config.ts';

export interface OwnApiOptions {
  issuer: string;
  /** Where the AWS services are. */
  environment: Record<string, string>;
  /** Of the authorizer at once. */
  containers: number;
  idleMs: number;
  onLog(name: string, line: string): void;
}

export async function startOwnApi(options: OwnApiOptions) {
  const { issuer, environment, containers, idleMs, onLog } = options;
  const code = await bundleFunctions();
  let functions: Functions | undefined;
  const orders = await startOrders({
    // The stand-in for Okta is another process, which has its own list of resources.
    okta: { issuer, resources: new Map(), events: eventFeed() },
    urls: {
      dynamodb: environment.AWS_ENDPOINT_URL_DYNAMODB ?? '',
      kms: environment.AWS_ENDPOINT_URL_KMS ?? '',
    },
    functions() {
      if (!functions) throw new Error('the authorizer does not run yet');
      return functions;
    },
  });
  const authorizer = code.apiAuthorizer({ ...environment, ...orders.variables });
  functions = createFunctions([authorizer], { containers, idleMs }, onLog);
  return {
    origin: orders.origin,
    measure: functions.measure,
    route: {
      path: '/bff/api/shop/*',
      upstream: orders.origin,
      wholeHost: true,
      methods: ['GET', 'DELETE'],
      resource: orders.origin,
      stream: false,
    } satisfies NonNullable<OwnConfig['routes']>[number],
  };
}
