// Recognises the kind of authorization server by the paths of its endpoints, because menus and behaviour differ.
import { type Clicks, neutralClicks, oktaClicks } from './clicks.ts';

export type Document = Record<string, unknown>;

export interface Server {
  kind: 'okta' | 'keycloak' | 'other';
  clicks: Clicks;
}

/** Even with a custom domain, the paths stay Okta's. */
export function serverOf(issuer: string, document?: Document): Server {
  const path = URL.parse(String(document?.token_endpoint))?.pathname ?? '';
  const { hostname } = new URL(issuer);
  const isOkta =
    /^\/oauth2\/(?:[^/]+\/)?v1\/token$/.test(path) ||
    /\.(okta|oktapreview|okta-emea|okta-gov)\.com$/.test(hostname);
  if (isOkta) return { kind: 'okta', clicks: oktaClicks };
  const kind = path.endsWith('/protocol/openid-connect/token') ? 'keycloak' : 'other';
  return { kind, clicks: neutralClicks };
}

/** Reads one of the lists of names in the metadata. */
export const list = (value: unknown): string[] | undefined =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined;
