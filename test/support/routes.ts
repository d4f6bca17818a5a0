// Routes as a configuration gives them; a test states only what it is about.
import { routesOf } from '#core/proxy/url/route-table.ts';
import type { ConfigInput } from '#shared/config/input.ts';
import { parseConfig } from '#shared/config/parse.ts';

type RouteInput = NonNullable<ConfigInput['routes']>[number];

export const okta = 'https://acme.okta.example';

export const aConfig = (over: Partial<ConfigInput> = {}) =>
  parseConfig(
    { issuer: okta, clientId: '0oa1', publicOrigin: 'https://app.example', ...over },
    'local',
  );

export const someRoutes = (...routes: RouteInput[]) =>
  routesOf(aConfig(routes.length > 0 ? { routes } : {}));
