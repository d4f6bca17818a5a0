// What a request at a dependency says about itself: the step that it is, its proof and assertion, whose it is.
import { createHash } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose';
import type { Dependency } from '#test/faults/plan/kinds.ts';
import { hashed, type Recorder } from './recorder.ts';
import type { Arrival } from './recording.ts';

export interface Received {
  method: string;
  url: URL;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

export interface ServerAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

type Step = Pick<Arrival, 'dependency' | 'step'>;

/** Undefined: a page for people. */
export function stepAtIssuer({ method, url, body }: Received): Step | undefined {
  const path = url.pathname;
  const at = (dependency: Dependency, step: string) => ({ dependency, step });
  if (path.includes('/.well-known/')) return at('issuer_keys', 'metadata');
  if (path.endsWith('/v1/keys')) return at('issuer_keys', 'keys');
  if (path.endsWith('/v1/token')) return at('issuer', `token ${form(body).get('grant_type')}`);
  const [, name] = /\/v1\/(par|revoke|userinfo)$/.exec(path) ?? [];
  if (name) return at('issuer', name);
  return /^\/(api|idp)\//.test(path) ? at('api', `okta ${method}`) : undefined;
}

export const stepAtApi = ({ method, url }: Received): Step => ({
  dependency: 'api',
  step: url.pathname.startsWith('/stream') ? 'stream' : method,
});

export function facts(recorder: Recorder, received: Received): Partial<Arrival> {
  const { authorization, dpop } = received.headers;
  const [scheme, token] = String(authorization ?? '').split(' ');
  const fields = form(received.body);
  const proof = jtiOf(String(dpop ?? ''));
  const jkt = thumbprintOf(String(dpop ?? ''));
  const assertion = jtiOf(fields.get('client_assertion') ?? '');
  const code = fields.get('code');
  const session =
    recorder.sessionOf(code) ??
    recorder.sessionOf(fields.get('refresh_token')) ??
    recorder.sessionOf(fields.get('token')) ??
    recorder.sessionOf(token);
  const call = received.url.searchParams.get('call');
  const audience = fields.get('resource');
  return {
    ...(scheme && { scheme }),
    ...(proof && { proof }),
    ...(jkt && { jkt }),
    ...(assertion && { assertion }),
    ...(call && { call }),
    ...(code && { code: hashed(code) }),
    ...(session && { session }),
    ...(audience && { audience }),
  };
}

/** New tokens belong to the session of the code or token that brought them. */
export function learnFrom(recorder: Recorder, arrival: Arrival, answer: ServerAnswer): void {
  arrival.status = answer.status;
  const body = jsonIn(answer.body);
  const challenge = String(answer.headers['www-authenticate'] ?? '');
  const error = /error="([^"]+)"/.exec(challenge)?.[1] ?? body.error;
  if (answer.status >= 400 && typeof error === 'string') arrival.error = error;
  if (!arrival.session) return;
  for (const name of ['access_token', 'refresh_token']) {
    const token = body[name];
    if (typeof token === 'string') recorder.belongs(token, arrival.session);
  }
  const { sid } = claimsOf(body.id_token);
  if (typeof sid === 'string') recorder.isKnownAs(arrival.session, sid);
  if (typeof body.expires_in === 'number') arrival.expiresIn = body.expires_in;
}

const form = (body: Buffer) => new URLSearchParams(body.toString());

const jtiOf = (jwt: string): string | undefined => claimsOf(jwt).jti;

function claimsOf(jwt: unknown): JWTPayload {
  try {
    return decodeJwt(String(jwt));
  } catch {
    return {};
  }
}

/** RFC 7638. */
function thumbprintOf(proof: string): string | undefined {
  try {
    const { crv, kty, x, y, e, n } = decodeProtectedHeader(proof).jwk ?? {};
    const members = JSON.stringify(kty === 'RSA' ? { e, kty, n } : { crv, kty, x, y });
    return createHash('sha256').update(members).digest('base64url');
  } catch {
    return undefined;
  }
}

function jsonIn(body: Buffer): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body.toString());
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
