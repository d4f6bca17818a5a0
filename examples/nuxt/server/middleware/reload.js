import { bffFor } from '~~/bff.js';

export default defineEventHandler((event) => bffFor(event.node.req).reload());
