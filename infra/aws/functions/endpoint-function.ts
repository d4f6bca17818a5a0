// A Lambda function with our defaults, and methods that set a variable together with its permission. So the construct
// that uses it reads as a list of who may access what.
import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledgeResources } from '#infra/aws/acknowledge.ts';
import { here, policyStatement } from '#infra/aws/here.ts';
import {
  aliasesOf,
  keyStatements,
  keysIn,
  multiRegionRole,
} from '#infra/aws/rights/key-permissions.ts';
import { metricStatements } from '#infra/aws/rights/metric-permissions.ts';
import { roleName } from '#infra/aws/rights/names.ts';
import { rights } from '#infra/aws/rights/rights.ts';
import { secretStatement } from '#infra/aws/rights/secret-permissions.ts';
import { itemStatements } from '#infra/aws/rights/table-permissions.ts';
import {
  environmentKeyStatement,
  networkStatements,
  type Surroundings,
  secretKeyStatement,
  tableKeyStatement,
} from '#infra/aws/surroundings.ts';
import { type FunctionName, functions, reservedOf } from '../../functions.ts';
import type { Statement } from '../../policy/document.ts';
import { code } from './code.ts';
import { acknowledgeTracingAndNetwork, functionDefaults } from './function-defaults.ts';

/** What a deployment may change about a function. */
export interface FunctionSize {
  /**
   * Memory in MB. The share of the processor grows with it.
   * @default - 512 for `auth`, `proxy` and `stream`, 256 for the others.
   */
  readonly memoryMb?: number;
  /**
   * The most environments at once. The account's pool is reduced by this number.
   * @default - 100 for `stream`, 50 for `machine`, 20 for `authorizer`, which anybody can keep busy.
   */
  readonly reservedConcurrency?: number;
  /**
   * How many environments are kept warm. They are billed by the hour.
   * @default - none.
   */
  readonly provisionedConcurrency?: number;
}

export interface EndpointFunctionProps extends FunctionSize, Surroundings {
  readonly name: FunctionName;
  readonly broker: string;
  readonly description: string;
  readonly environment: Record<string, string>;
  /** Files beside the code, by name. */
  readonly files?: Record<string, string> | undefined;
  /** When false, functions reserve only what the deployment says, and nothing by default. */
  readonly reserves: boolean;
  /** Puts versions behind an alias, so that a new one can be tried on a part of the traffic. */
  readonly canary: boolean;
  readonly logRetention: RetentionDays;
  readonly removalPolicy: RemovalPolicy;
}

/** `stream` exists only with `streaming`. */
export type Functions = Record<Exclude<FunctionName, 'stream'>, EndpointFunction> & {
  readonly stream?: EndpointFunction;
};

export class EndpointFunction extends Construct {
  readonly function: lambda.Function;
  readonly logGroup: LogGroup;
  readonly memoryMb: number;
  /** What is invoked: the function, or its alias. */
  readonly target: lambda.IFunction;
  readonly alias: lambda.Alias | undefined;
  readonly #props: EndpointFunctionProps;

  constructor(scope: Construct, id: string, props: EndpointFunctionProps) {
    super(scope, id);
    this.#props = props;
    const spec = functions[props.name];
    this.memoryMb = props.memoryMb ?? spec.memoryMb;
    this.logGroup = new LogGroup(this, 'Logs', {
      retention: props.logRetention,
      removalPolicy: props.removalPolicy,
      ...(props.encryptionKey && { encryptionKey: props.encryptionKey }),
    });
    const role = new iam.Role(this, 'Role', {
      roleName: roleName(here, props.broker, props.name),
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    });
    this.logGroup.grantWrite(role);
    if (props.vpc) {
      for (const one of networkStatements) role.addToPolicy(policyStatement(one));
    }
    const reserved =
      props.reservedConcurrency ?? (props.reserves ? reservedOf(props.name) : undefined);
    this.function = new lambda.Function(this, 'Function', {
      ...functionDefaults(props),
      description: props.description,
      code: code(props.name, props.files),
      role,
      logGroup: this.logGroup,
      memorySize: this.memoryMb,
      timeout: Duration.seconds(spec.timeoutSeconds),
      environment: props.environment,
      ...(reserved !== undefined && { reservedConcurrentExecutions: reserved }),
      ...(props.vpc && network(props.vpc, props)),
    });
    acknowledgeTracingAndNetwork(role);
    if (props.encryptionKey) this.#allow([environmentKeyStatement(props.encryptionKey)]);
    this.alias = this.#alias();
    this.target = (this.alias ?? this.function) as lambda.IFunction;
  }

  #alias(): lambda.Alias | undefined {
    const { canary, provisionedConcurrency } = this.#props;
    if (!canary && !provisionedConcurrency) return undefined;
    // A new id would mean a new alias, and an API must not lose the alias that it calls.
    return new lambda.Alias(this, provisionedConcurrency ? 'Warm' : 'Live', {
      aliasName: provisionedConcurrency ? 'warm' : 'live',
      version: this.function.currentVersion as lambda.IVersion,
      ...(provisionedConcurrency && { provisionedConcurrentExecutions: provisionedConcurrency }),
    });
  }

  keepsSessionsIn(table: TableV2): this {
    if (table.encryptionKey) this.#allow([tableKeyStatement(table.encryptionKey)]);
    return this.#allow(itemStatements(table.tableArn, rights[this.#props.name]));
  }

  /** Signs, publishes and manages keys, and reads what they signed, as the table of permissions says. */
  usesKeys(replicaRegions: readonly string[], moreTags: readonly string[] = []): this {
    const { name, broker } = this.#props;
    const scope = { place: here, broker, replicaRegions, moreTags };
    acknowledgeResources(
      this.function.role,
      'A rotation makes keys without a deployment. The tags of this broker limit which keys count, and the key policies name the roles.',
      [here.region, ...replicaRegions].map((region) => keysIn(here, region)),
    );
    if (rights[name].managesKeys) {
      acknowledgeResources(
        this.function.role,
        'Aliases of this broker, and the role that only KMS assumes to keep the copies of a key in step.',
        [aliasesOf(scope), multiRegionRole(here)],
      );
    }
    if (rights[name].readsMetrics) {
      acknowledgeResources(
        this.function.role,
        'CloudWatch knows no resources when metrics are read. The Regions are limited.',
        ['*'],
      );
    }
    return this.#allow([
      ...keyStatements(scope, rights[name]),
      ...metricStatements(scope, rights[name]),
    ]);
  }

  /** `key` is undefined when AWS owns the key. */
  readsSecret(arn: string, key?: IKey): this {
    return this.#allow([secretStatement(arn), ...(key ? [secretKeyStatement(key)] : [])]);
  }

  #allow(statements: readonly Statement[]): this {
    for (const statement of statements) this.function.addToRolePolicy(policyStatement(statement));
    return this;
  }
}

const network = (vpc: IVpc, { vpcSubnets, securityGroups }: Surroundings) => ({
  vpc,
  ...(vpcSubnets && { vpcSubnets }),
  ...(securityGroups && { securityGroups }),
});
