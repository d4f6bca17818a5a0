// The frameworks' own forms of the same check. Behind each of them `accessOf(request)` tells who calls.
import type { Access, Needs, Verdict } from '#core/resource-server/request-verifier.ts';
import { type NodeResponse, refusalResponse, sendRefusal } from './refusal.ts';
import type { FetchRequest, NodeRequest } from './requests.ts';
import { type VerifyOptions, verifierFor, verifyDpop } from './verify.ts';

const accepted = new WeakMap<object, Access>();

/** Throws when none of the checks below has accepted this request: a route that is not protected must not look so. */
export function accessOf(request: object): Access {
  const access = accepted.get(request);
  if (!access) throw new Error('this request was not verified');
  return access;
}

/** `app.use(expressDpop(options))`; also for Connect, and for node:http with a `next` of your own. */
export function expressDpop(options: VerifyOptions, needs?: Needs) {
  verifierFor(options);
  return (request: NodeRequest, response: NodeResponse, next: (error?: unknown) => void): void => {
    judged(request, request, options, needs).then((verdict) => {
      if (verdict.kind === 'refused') return sendRefusal(response, verdict);
      for (const [name, value] of Object.entries(verdict.headers)) response.setHeader(name, value);
      return next();
    }, next);
  };
}

interface FastifyReplyLike {
  code(status: number): unknown;
  header(name: string, value: string): unknown;
  send(body: unknown): unknown;
}

/** `app.addHook('onRequest', fastifyDpop(options))` */
export function fastifyDpop(options: VerifyOptions, needs?: Needs) {
  verifierFor(options);
  return async (request: { raw: NodeRequest }, reply: FastifyReplyLike): Promise<unknown> => {
    const verdict = await judged(request, request.raw, options, needs);
    for (const [name, value] of Object.entries(verdict.headers)) reply.header(name, value);
    if (verdict.kind === 'accepted') return undefined;
    reply.code(verdict.status);
    return reply.send(verdict.body);
  };
}

interface HonoContextLike {
  req: { raw: FetchRequest };
  header(name: string, value: string): void;
}

/** `app.use(honoDpop(options))`, and `accessOf(c.req.raw)` in the handler. */
export function honoDpop(options: VerifyOptions, needs?: Needs) {
  verifierFor(options);
  return async (c: HonoContextLike, next: () => Promise<void>): Promise<Response | undefined> => {
    const verdict = await judged(c.req.raw, c.req.raw, options, needs);
    if (verdict.kind === 'refused') return refusalResponse(verdict);
    await next();
    for (const [name, value] of Object.entries(verdict.headers)) c.header(name, value);
    return undefined;
  };
}

async function judged(
  handle: object,
  request: FetchRequest | NodeRequest,
  options: VerifyOptions,
  needs: Needs | undefined,
): Promise<Verdict> {
  const verdict = await verifyDpop(request, options, needs);
  if (verdict.kind === 'accepted') accepted.set(handle, verdict.access);
  return verdict;
}
