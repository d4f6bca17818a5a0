// An API that wants a user who signed in at level "gold" (RFC 9470), and reads it from Keycloak's token. It leaves the
// proof to others: only the challenge matters here.
import { decodeJwt } from 'jose';
import { type Loopback, serve } from '#test/support/loopback.ts';

export const startCarefulApi = (atEnd: (close: () => Promise<void>) => void): Promise<Loopback> =>
  serve(({ headers }, response) => {
    const [scheme, token = ''] = (headers.authorization ?? '').split(' ');
    if (scheme !== 'DPoP' || !headers.dpop) {
      response.writeHead(401, { 'www-authenticate': 'DPoP' }).end();
    } else if (decodeJwt(token).acr !== 'gold') {
      const challenge = 'DPoP error="insufficient_user_authentication", acr_values="gold"';
      response.writeHead(401, { 'www-authenticate': challenge }).end();
    } else {
      response.end('{"secret":"of gold"}');
    }
  }, atEnd);
