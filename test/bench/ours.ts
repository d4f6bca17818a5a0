// One Lambda environment: the bundle as it is deployed, fed with API Gateway events.
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { theContext, theEvent } from '#test/support/requests.ts';
import { answerBody } from './answer-body.ts';
import { serve } from './child.ts';

interface Start {
  bundle: string;
  variables: Record<string, string>;
}

interface Run {
  cookie: string;
  calls: number;
  inFlight: number;
}

serve(async ({ bundle, variables }: Start) => {
  Object.assign(process.env, variables);
  const { handler } = (await import(bundle)) as {
    handler: (event: unknown, context: unknown) => Promise<APIGatewayProxyStructuredResultV2>;
  };
  const call = async (cookie: string) => {
    const event = theEvent({
      rawPath: '/bff/api/users',
      rawQueryString: 'limit=10',
      headers: { 'x-bff-csrf': '1', accept: 'application/json', 'sec-fetch-site': 'same-origin' },
      cookies: [`__Host-Http-bff=${cookie}`],
    });
    const { statusCode, body } = await handler(event, theContext);
    if (statusCode !== 200 || body !== answerBody)
      throw new Error(`answered ${statusCode} ${body}`);
  };
  return {
    ready: {},
    answer: async ({ cookie, calls, inFlight }: Run) => {
      const times: number[] = [];
      const before = process.cpuUsage();
      let left = calls;
      const one = async () => {
        while (left-- > 0) {
          const start = performance.now();
          await call(cookie);
          times.push(performance.now() - start);
        }
      };
      await Promise.all(Array.from({ length: inFlight }, one));
      const { user, system } = process.cpuUsage(before);
      return { times, cpuMicros: user + system };
    },
  };
});
