import { bffFor } from './bff.js';

export const handle = ({ event, resolve }) => bffFor(event.request).reload() ?? resolve(event);
