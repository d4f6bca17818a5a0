import { createServerBff } from 'okta-dpop-bff/server';

// Where browsers reach the app. The session's cookie is sent there, so the request must not choose it.
export const bffFor = createServerBff({
  origin: process.env.APP_ORIGIN ?? 'http://localhost:3000',
});
