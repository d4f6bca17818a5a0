// The Authorization header: one line, one scheme, one token (RFC 9110 section 11.6.2, RFC 9449 section 7.1).
import { Refusal } from './refusals.ts';

export interface Credentials {
  scheme: 'DPoP' | 'Bearer';
  token: string;
}

const longest = 16_384;
/** A scheme is compared without case. A token is a token68, which has no comma: joined lines do not pass. */
const form = /^(dpop|bearer) +([A-Za-z0-9\-._~+/]+=*)$/i;

export function credentialsIn(lines: readonly string[]): Credentials {
  const [line, ...others] = lines;
  if (line === undefined || line === '') throw new Refusal('token_missing');
  if (others.length > 0) throw new Refusal('authorization_repeated');
  const [, scheme = '', token = ''] = (line.length <= longest && form.exec(line.trim())) || [];
  if (token === '') throw new Refusal(reasonOf(line));
  return { scheme: scheme.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer', token };
}

function reasonOf(line: string) {
  if (/,\s*[A-Za-z][\w-]* /.test(line)) return 'authorization_repeated';
  return /^(dpop|bearer)\b/i.test(line) ? 'authorization_malformed' : 'token_missing';
}
