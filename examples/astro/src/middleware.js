import { bffFor } from './bff.js';

export const onRequest = ({ request }, next) => bffFor(request).reload() ?? next();
