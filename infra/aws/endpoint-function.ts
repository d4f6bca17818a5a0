// A Lambda function with our defaults, and verbs that set the variable and the grant together: the construct
// that uses it reads as a list of who may touch what.
import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type FunctionName, functions } from '../functions.ts';
import type { Statement } from '../policy/document.ts';
import { acknowledgeResources } from './acknowledge.ts';
import { code } from './code.ts';
import { here, policyStatement } from './here.ts';
import { aliasesOf, keyStatements, keysIn, multiRegionRole } from './key-permissions.ts';
import { roleName } from './names.ts';
import { rights } from './rights.ts';
import { secretStatement } from './secret-permissions.ts';
import { itemStatements } from './table-permissions.ts';

/** What a deployment may change about a function. */
export interface FunctionSize {
  readonly memoryMb?: number;
  /** At most so many environments at once; the account's pool is reduced by as many. */
  readonly reservedConcurrency?: number;
  /** So many environments are kept warm; billed by the hour. */
  readonly provisionedConcurrency?: number;
}

export interface EndpointFunctionProps extends FunctionSize {
  readonly name: FunctionName;
  readonly broker: string;
  readonly description: string;
  readonly environment: Record<string, string>;
  readonly logRetention: RetentionDays;
  readonly removalPolicy: RemovalPolicy;
}

export class EndpointFunction extends Construct {
  readonly function: lambda.Function;
  readonly logGroup: LogGroup;
  readonly memoryMb: number;
  /** What is invoked: the function, or its warm alias. */
  readonly target: lambda.IFunction;
  readonly #props: EndpointFunctionProps;

  constructor(scope: Construct, id: string, props: EndpointFunctionProps) {
    super(scope, id);
    this.#props = props;
    const spec = functions[props.name];
    this.memoryMb = props.memoryMb ?? spec.memoryMb;
    this.logGroup = new LogGroup(this, 'Logs', {
      retention: props.logRetention,
      removalPolicy: props.removalPolicy,
    });
    const role = new iam.Role(this, 'Role', {
      roleName: roleName(here, props.broker, props.name),
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    });
    this.logGroup.grantWrite(role);
    this.function = new lambda.Function(this, 'Function', {
      description: props.description,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      handler: 'index.handler',
      code: code(props.name),
      role,
      logGroup: this.logGroup,
      memorySize: this.memoryMb,
      timeout: Duration.seconds(spec.timeoutSeconds),
      tracing: lambda.Tracing.ACTIVE,
      environment: props.environment,
      ...(props.reservedConcurrency !== undefined && {
        reservedConcurrentExecutions: props.reservedConcurrency,
      }),
    });
    acknowledgeResources(role, 'X-Ray has no resources: tracing is allowed as a whole.', ['*']);
    this.target = (
      props.provisionedConcurrency
        ? new lambda.Alias(this, 'Warm', {
            aliasName: 'warm',
            version: this.function.currentVersion as lambda.IVersion,
            provisionedConcurrentExecutions: props.provisionedConcurrency,
          })
        : this.function
    ) as lambda.IFunction;
  }

  keepsSessionsIn(table: TableV2): this {
    return this.#allow(itemStatements(table.tableArn, rights[this.#props.name]));
  }

  /** Signs, publishes and manages keys as the table of rights says. */
  usesKeys(replicaRegions: readonly string[]): this {
    const { name, broker } = this.#props;
    const scope = { place: here, broker, replicaRegions };
    acknowledgeResources(
      this.function.role,
      'A rotation makes keys without a deployment: tags of this broker bound which, and the key policies name the roles.',
      [here.region, ...replicaRegions].map((region) => keysIn(here, region)),
    );
    if (rights[name].managesKeys) {
      acknowledgeResources(
        this.function.role,
        'Aliases of this broker; and the role that KMS alone assumes to keep the copies of a key alike.',
        [aliasesOf(scope), multiRegionRole(here)],
      );
    }
    return this.#allow(keyStatements(scope, rights[name]));
  }

  readsSecret(arn: string): this {
    return this.#allow([secretStatement(arn)]);
  }

  #allow(statements: readonly Statement[]): this {
    for (const statement of statements) this.function.addToRolePolicy(policyStatement(statement));
    return this;
  }
}
