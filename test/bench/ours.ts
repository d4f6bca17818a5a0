// One Lambda environment: the bundle as it is deployed, fed with API Gateway events.
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { theContext, theEvent } from '#test/support/requests.ts';
import { answerBody } from './answer-body.ts';
import { serve } from './child.ts';
import { type Run, run } from './run.ts';

interface Start {
  bundle: string;
  variables: Record<string, string>;
}

serve(async ({ bundle, variables }: Start) => {
  Object.assign(process.env, variables);
  const { handler } = (await import(bundle)) as {
    handler: (event: unknown, context: unknown) => Promise<APIGatewayProxyStructuredResultV2>;
  };
  const call = async (cookies: string[]) => {
    const event = theEvent({
      rawPath: '/bff/api/users',
      rawQueryString: 'limit=10',
      headers: { 'x-bff-csrf': '1', accept: 'application/json', 'sec-fetch-site': 'same-origin' },
      cookies,
    });
    const { statusCode, body } = await handler(event, theContext);
    if (statusCode !== 200 || body !== answerBody)
      throw new Error(`answered ${statusCode} ${body}`);
  };
  return {
    ready: {},
    answer: ({ cookie, device, ...how }: Run & { cookie: string; device?: string }) => {
      const cookies = [`__Host-Http-bff=${cookie}`];
      if (device) cookies.push(`__Host-bff-device=${device}`);
      return run(how, () => call(cookies));
    },
  };
});
