import { bffFor } from '~~/bff.js';

// While a page is rendered, the client of that request.
export default defineNuxtPlugin(({ ssrContext }) => ({
  provide: { bff: bffFor(ssrContext.event.node.req) },
}));
