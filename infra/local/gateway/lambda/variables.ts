// The environment variables of a function, as Lambda's Node 24 runtime sets them. None of this process's own
// variables get through: what a function needs must be in `env`, as on AWS.

import { accessKeyOf } from '../../aws/iam/access-keys.ts';

export interface LambdaFunction {
  name: string;
  arn: string;
  /** The bundle; exports `handler`. */
  file: string;
  timeoutSeconds: number;
  memoryMb: number;
  /** HTTP API route keys. Without any, the function is only invoked directly. */
  routes: readonly string[];
  /** Methods and resources of the streaming REST API. */
  restRoutes?: readonly string[];
  env: Record<string, string>;
}

export const region = 'us-east-1';
export const account = '111122223333';

export const functionArn = (name: string) => `arn:aws:lambda:${region}:${account}:function:${name}`;

export function variables(lambda: LambdaFunction, logStream: string): Record<string, string> {
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyOf(lambda.name),
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: lambda.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(lambda.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${lambda.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    LAMBDA_TASK_ROOT: '/var/task',
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    LANG: 'en_US.UTF-8',
    PATH: '/usr/local/bin:/usr/bin/:/bin:/opt/bin',
    TZ: ':UTC',
    _HANDLER: 'index.handler',
    ...lambda.env,
  };
}
