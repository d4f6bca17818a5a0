// The verdicts of express-oauth2-jwt-bearer, behind a real Express.
import { request } from 'node:http';
import { judge } from '#test/support/judges.ts';
import { serve } from '#test/support/loopback.ts';
import type { Asked } from './corpus.ts';

type Handler = (...args: never[]) => unknown;
interface App {
  set(name: string, value: unknown): void;
  use(...handlers: Handler[]): void;
}
const express = await judge<{ default: () => App & Handler }>('express', 'index.js');
const bearer = await judge<{ auth(options: object): Handler }>(
  'express-oauth2-jwt-bearer',
  'dist/index.js',
);

export const expressIsHere = express !== undefined && bearer !== undefined;

export async function expressJudge(
  trusted: { issuer: string; audience: string; jwksUri: string },
  times: { iatOffset: number; iatLeeway: number },
) {
  if (!express || !bearer) throw new Error('express-oauth2-jwt-bearer is not installed');
  const app = express.default();
  app.set('trust proxy', true);
  app.use(bearer.auth({ ...trusted, dpop: { required: true, ...times } }));
  app.use((_request: never, response: { end(text: string): void }) => response.end('accepted'));
  app.use(
    (
      fault: Error,
      _q: never,
      response: { status(s: number): { end(text: string): void } },
      _n: never,
    ) => response.status(401).end(fault.message || fault.name),
  );
  const { origin } = await serve(app as never);
  /** Returns why it refuses, or undefined. */
  return async ({ method, path, dpop, scheme, token }: Asked) => {
    const { status, text } = await sent(`${origin}${path}`, method, {
      authorization: `${scheme} ${token}`,
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'api.example.com',
      ...(dpop.length > 0 && { dpop: [...dpop] }),
    });
    return status === 200 ? undefined : text;
  };
}

const sent = (url: string, method: string, headers: Record<string, string | string[]>) =>
  new Promise<{ status: number; text: string }>((resolve, reject) => {
    const { origin } = new URL(url);
    const path = url.slice(origin.length);
    const { hostname, port } = new URL(origin);
    request({ hostname, port, path, method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    })
      .on('error', reject)
      .end();
  });
