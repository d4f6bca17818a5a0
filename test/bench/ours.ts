// One Lambda environment: the bundle as it is deployed, fed with API Gateway events.
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { theContext, theEvent } from '#test/support/requests.ts';
import { answerBody } from './answer-body.ts';
import { serve } from './child.ts';
import { benchSecret } from './growth-sessions.ts';
import { type Run, run } from './run.ts';

const anyOf = (count: number) => Math.floor(Math.random() * count);

type Question = Run & {
  cookie: string;
  /** The cookie of a session that is bound to its device. */
  device?: string;
  /** Any of so many, instead of the one that is named. */
  sessions?: number;
};

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
    answer: async ({ cookie, device, sessions, ...how }: Question) => {
      const more = device === undefined ? [] : [`__Host-bff-device=${device}`];
      const cookieOf = sessions === undefined ? () => cookie : () => benchSecret(anyOf(sessions));
      const ran = await run(how, () => call([`__Host-Http-bff=${cookieOf()}`, ...more]));
      return { ...ran, memory: process.memoryUsage.rss() };
    },
  };
});
