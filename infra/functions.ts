// The Lambda functions and the API routes that lead to them: one list for the stack and the local gateway.
import { lambdaMs, waitsMs } from '#core/limits.ts';

export interface FunctionSpec {
  /** Path from the repository's root. The file exports `handler`. */
  entry: string;
  timeoutSeconds: number;
  memoryMb: number;
  /** The most environments at once, unless a deployment changes it: for functions that anybody can keep busy. */
  reservedConcurrency?: number;
  /** HTTP API route keys. Without any, the function is only invoked directly. */
  routes: string[];
  /** Methods and resources of the streaming REST API, which exists when the configuration says `streaming`. */
  restRoutes?: string[];
}

export const functions = {
  auth: {
    entry: 'functions/auth.ts',
    timeoutSeconds: waitsMs.lambda / 1000,
    memoryMb: 512,
    routes: [
      'ANY /bff/login',
      'ANY /bff/callback',
      'ANY /bff/session',
      'ANY /bff/logout',
      'ANY /bff/device/register',
      'ANY /bff/device/refresh',
    ],
  },
  proxy: {
    entry: 'functions/proxy.ts',
    timeoutSeconds: waitsMs.lambda / 1000,
    memoryMb: 512,
    routes: ['ANY /bff/api/{proxy+}'],
  },
  // A stream occupies its environment until it ends.
  stream: {
    entry: 'functions/stream.ts',
    timeoutSeconds: lambdaMs.stream / 1000,
    memoryMb: 512,
    reservedConcurrency: 100,
    routes: [],
    restRoutes: ['ANY /bff/api/{proxy+}'],
  },
  // Also serves every other path under /bff. It never calls the token endpoint: while auth or proxy waits for that
  // endpoint, the authorization server may be waiting for /bff/jwks.
  machine: {
    entry: 'functions/machine.ts',
    timeoutSeconds: lambdaMs.machine / 1000,
    memoryMb: 256,
    reservedConcurrency: 50,
    routes: ['ANY /bff/{proxy+}'],
  },
  keys: {
    entry: 'functions/keys.ts',
    timeoutSeconds: lambdaMs.operator / 1000,
    memoryMb: 256,
    routes: [],
  },
  // The APIs ask it whether a request came through CloudFront.
  authorizer: {
    entry: 'functions/authorizer.ts',
    timeoutSeconds: lambdaMs.authorizer / 1000,
    memoryMb: 256,
    reservedConcurrency: 20,
    routes: [],
  },
} as const satisfies Record<string, FunctionSpec>;

export type FunctionName = keyof typeof functions;

/** With those that belong to no broker: `DpopAuthorizer` guards an API of your own. */
export const bundled = {
  ...functions,
  apiAuthorizer: {
    entry: 'functions/api-authorizer.ts',
    timeoutSeconds: 10,
    memoryMb: 512,
    routes: [],
  },
} as const satisfies Record<string, FunctionSpec>;

export type BundleName = keyof typeof bundled;

export const reservedOf = (name: FunctionName): number | undefined =>
  (functions[name] as FunctionSpec).reservedConcurrency;
