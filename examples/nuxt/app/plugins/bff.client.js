import { createBff } from 'okta-dpop-bff/client';

// In the browser, one client for the whole app.
export default defineNuxtPlugin(() => ({ provide: { bff: createBff() } }));
