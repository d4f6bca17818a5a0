// The call that a page on another site could make the browser send. SameSite=Strict keeps the cookie out of it. Here
// the cookie is sent anyway, to show that the broker refuses even then.
import { text } from 'node:stream/consumers';
import { requestTo } from '#infra/local/lib/request-to.ts';

export interface Answered {
  status: number;
  code?: string;
  title?: string;
}

export const callFromAnotherSite = (gatewayUrl: string, cookie: string): Promise<Answered> =>
  callTheBroker(gatewayUrl, {
    cookie,
    origin: 'https://another-site.example',
    'sec-fetch-site': 'cross-site',
  });

/** A script's call, as the browser in `labels` sends it. */
export function callTheBroker(
  gatewayUrl: string,
  labels: Record<string, string>,
): Promise<Answered> {
  const headers = {
    'x-bff-csrf': '1',
    'sec-fetch-mode': 'cors',
    'sec-fetch-dest': 'empty',
    ...labels,
  };
  return new Promise((resolve, reject) => {
    const call = requestTo(new URL('/bff/api/v1/users/me', gatewayUrl), { headers }, (answer) => {
      text(answer)
        .then((body) => {
          const { code, title } = JSON.parse(body || '{}');
          resolve({ status: answer.statusCode ?? 0, code, title });
        })
        .catch(reject);
    });
    call.on('error', reject).end();
  });
}
