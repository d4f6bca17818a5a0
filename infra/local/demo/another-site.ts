// The call that a page on another site could make the browser send. SameSite=Strict keeps the cookie out of it. Here
// the cookie is sent anyway, to show that the broker refuses even then.
import { requestTo } from '#infra/local/lib/request-to.ts';

export interface Refusal {
  status: number;
  code?: string;
  title?: string;
}

export function callFromAnotherSite(gatewayUrl: string, cookie: string): Promise<Refusal> {
  const headers = {
    cookie,
    origin: 'https://another-site.example',
    'x-bff-csrf': '1',
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'cors',
    'sec-fetch-dest': 'empty',
  };
  return new Promise((resolve, reject) => {
    const call = requestTo(new URL('/bff/api/v1/users/me', gatewayUrl), { headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      answer.on('end', () => {
        const { code, title } = JSON.parse(text || '{}');
        resolve({ status: answer.statusCode ?? 0, code, title });
      });
    });
    call.on('error', reject).end();
  });
}
