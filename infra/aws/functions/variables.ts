// A function's environment variables. Lambda allows 4 KB for all variables of a function together: routes that do not
// fit are put in a file beside its code.
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { FunctionVariables, TuningVariables } from '#shared/config/environment.ts';
import { ConfigError } from '#shared/config/faults.ts';
import type { ConfigInput } from '#shared/config/input.ts';

/** The limit for names and values together (Lambda quotas, "Function environment variables"). */
const mostBytes = 4096;

const routesFile = 'routes.json';

export interface Variables {
  readonly environment: Record<string, string>;
  readonly files?: Record<string, string>;
}

/** `others` are placed beside the configuration, whose routes move to a file if there is no room for them. */
export function variablesFor(
  scope: Construct,
  config: ConfigInput,
  others: Record<string, string>,
): Variables {
  const json = (value: unknown) => Stack.of(scope).toJsonString(value);
  // As it was given: defaults are added where it is read.
  const whole = { BFF_CONFIG: json(config), ...others } satisfies Partial<FunctionVariables>;
  if (bytesOf(scope, whole) <= mostBytes) return { environment: whole };
  const { routes, ...rest } = config;
  const lean = { BFF_CONFIG: json(rest), BFF_ROUTES_FILE: routesFile, ...others } satisfies Partial<
    FunctionVariables & TuningVariables
  >;
  const bytes = bytesOf(scope, lean);
  if (bytes > mostBytes) {
    throw new ConfigError([
      `configuration: ${bytes} bytes beside its routes, and Lambda has room for ${mostBytes}: shorten scopes, tags or names`,
    ]);
  }
  return { environment: lean, ...(routes && { files: { [routesFile]: JSON.stringify(routes) } }) };
}

/** A value that is known only after the deployment counts with its greatest length. */
function bytesOf(scope: Construct, variables: Record<string, string>): number {
  return Object.entries(variables).reduce(
    (sum, [name, value]) => sum + name.length + longest(Stack.of(scope).resolve(value)),
    0,
  );
}

function longest(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.reduce<number>((sum, part) => sum + longest(part), 0);
  const [[name, inner] = ['', '']] = Object.entries(value as object) as [string, unknown][];
  if (name === 'Fn::Join') return longest((inner as [string, unknown[]])[1]);
  if (name === 'Ref') return pseudo[inner as keyof typeof pseudo] ?? 128;
  return 128;
}

const pseudo = {
  'AWS::AccountId': 12,
  'AWS::Partition': 'aws'.length,
  'AWS::Region': 'ap-southeast-4'.length,
  'AWS::URLSuffix': 'amazonaws.com'.length,
};
