// What must never stand in a log line or an answer: the real secrets of a run, and anything that begins like a JWT.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * The beginnings of the base64url of a JOSE header or of claims, by their first member. Three letters of it, `eyJ`, would
 * also meet a random id now and then.
 */
export const tokenLike = new RegExp(
  ['alg', 'typ', 'kid', 'jwk', 'enc', 'cty', 'iss', 'sub', 'aud', 'jti', 'iat', 'htm', 'ver', 'cnf']
    .map((member) => Buffer.from(`{"${member}":`).toString('base64url').slice(0, 9))
    .join('|'),
);

/** Parameters of OAuth and OpenID Connect whose values are secret, in a query or a form. */
const parameters =
  'access_token refresh_token id_token id_token_hint code code_verifier client_assertion client_secret token state nonce request_uri';
const inForm = new RegExp(`(?:^|[?&])(${parameters.replaceAll(' ', '|')})=([^&#\\s"]+)`, 'g');
/** Members of JSON that are secret: here `code` names an error. */
const inJson = /"(access_token|refresh_token|id_token|request_uri|client_secret)"\s*:\s*"([^"]+)"/g;

const shortest = 12;
const mostBytes = 200_000;

/** Collects the secrets of every exchange with an HTTP server of this process, until `stop`. */
export function secretsOfThisProcess() {
  const secrets = new Map<string, string>();
  const note = (name: string, value: string | undefined) => {
    if (value !== undefined && value.length >= shortest) secrets.set(value, name);
  };
  const noteText = (text: string) => {
    for (const [, name = '', value = ''] of text.matchAll(inForm)) note(name, decoded(value));
    for (const [, name = '', value = ''] of text.matchAll(inJson)) note(name, value);
  };
  const onRequest = (message: unknown) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    const { authorization, dpop, cookie } = request.headers;
    note('authorization', authorization?.replace(/^\w+ /, ''));
    note('dpop', String(dpop ?? ''));
    for (const pair of cookie?.split(/; ?/) ?? []) note('cookie', valueIn(pair));
    noteText(request.url ?? '');
    watch(request, ['push'], noteText);
    watch(response, ['write', 'end'], noteText);
    response.once('finish', () => {
      noteText(String(response.getHeader('location') ?? ''));
      for (const line of [response.getHeader('set-cookie') ?? []].flat()) {
        note('set-cookie', valueIn(String(line).split(';')[0] ?? ''));
      }
    });
  };
  const channel = 'http.server.request.start';
  subscribe(channel, onRequest);
  return { secrets, stop: () => unsubscribe(channel, onRequest) };
}

/** Reads along, up to a size: what a function gets is not changed. */
function watch<Of extends IncomingMessage | ServerResponse>(
  stream: Of,
  methods: readonly (keyof Of & string)[],
  onText: (text: string) => void,
): void {
  let text = '';
  for (const method of methods) {
    const original = stream[method] as unknown as (...given: unknown[]) => unknown;
    const reading = (...given: unknown[]) => {
      const [chunk] = given;
      if (text.length < mostBytes && (typeof chunk === 'string' || chunk instanceof Uint8Array)) {
        text += Buffer.from(chunk as Uint8Array).toString('latin1');
      }
      return original.apply(stream, given);
    };
    Object.assign(stream, { [method]: reading });
  }
  stream.once('close', () => onText(text));
}

const valueIn = (pair: string) => pair.slice(pair.indexOf('=') + 1);

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
