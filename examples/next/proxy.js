import { bffFor } from './app/bff';

// In Next 15 this file is middleware.js, and the function middleware().
export const proxy = (request) => bffFor(request).reload();
