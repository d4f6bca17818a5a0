// The function that authorizes calls to an API of your own, with what it remembers: used proofs, and the key of its
// nonces.
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { ApiAuthorizerInput } from '#shared/config/api-authorizer-input.ts';
import type { ApiAuthorizerEnvironment } from '#shared/config/environment.ts';
import { bundled } from '../../functions.ts';
import type { Statement } from '../../policy/document.ts';
import { acknowledge } from '../acknowledge.ts';
import { code } from '../functions/code.ts';
import { acknowledgeTracingAndNetwork, functionDefaults } from '../functions/function-defaults.ts';
import { policyStatement } from '../here.ts';
import { environmentKeyStatement, networkStatements, tableKeyStatement } from '../surroundings.ts';
import type { DpopAuthorizerProps } from './dpop-authorizer-props.ts';
import { authorizerStatements } from './permissions.ts';

export interface AuthorizerFunctionProps extends DpopAuthorizerProps {
  readonly name: string;
  /** The API's configuration. */
  readonly api: ApiAuthorizerInput;
}

export class AuthorizerFunction extends Construct {
  readonly function: lambda.Function;
  /** What is invoked: the function, or its alias. */
  readonly target: lambda.IFunction;
  readonly logGroup: LogGroup;
  readonly replayTable: TableV2 | undefined;
  readonly nonceKey: Key | undefined;

  constructor(scope: Construct, id: string, props: AuthorizerFunctionProps) {
    super(scope, id);
    const { name, api, encryptionKey, vpc, vpcSubnets, securityGroups } = props;
    const { reservedConcurrency: reserved, provisionedConcurrency: provisioned } = props;
    const spec = bundled.apiAuthorizer;
    this.replayTable = api.replay === 'table' ? replayTable(this, props) : undefined;
    this.nonceKey = api.nonces === 'none' ? undefined : nonceKey(this, name);
    this.logGroup = new LogGroup(this, 'Logs', {
      retention: props.logRetention ?? RetentionDays.THREE_MONTHS,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
      ...(encryptionKey && { encryptionKey }),
    });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    this.logGroup.grantWrite(role);
    for (const one of this.#statements(props)) role.addToPolicy(policyStatement(one));
    this.function = new lambda.Function(this, 'Function', {
      ...functionDefaults(props),
      description: `${name}: verifies access tokens and DPoP proofs`,
      code: code('apiAuthorizer'),
      role,
      logGroup: this.logGroup,
      memorySize: props.memoryMb ?? spec.memoryMb,
      timeout: Duration.seconds(spec.timeoutSeconds),
      environment: {
        BFF_API: Stack.of(this).toJsonString(api),
        POWERTOOLS_SERVICE_NAME: name,
        ...(this.replayTable && { BFF_REPLAY_TABLE: this.replayTable.tableName }),
        ...(this.nonceKey && { BFF_NONCE_KEY: this.nonceKey.keyArn }),
      } satisfies Partial<ApiAuthorizerEnvironment> & Record<string, string>,
      ...(reserved !== undefined && { reservedConcurrentExecutions: reserved }),
      ...(vpc && { vpc }),
      ...(vpcSubnets && { vpcSubnets }),
      ...(securityGroups && { securityGroups }),
    });
    acknowledgeTracingAndNetwork(role);
    this.target = (provisioned ? this.#warm(provisioned) : this.function) as lambda.IFunction;
  }

  #statements({ encryptionKey, vpc }: AuthorizerFunctionProps): Statement[] {
    return [
      ...(vpc ? networkStatements : []),
      ...authorizerStatements({
        replayTableArn: this.replayTable?.tableArn,
        nonceKeyArn: this.nonceKey?.keyArn,
      }),
      ...(encryptionKey && this.replayTable ? [tableKeyStatement(encryptionKey)] : []),
      ...(encryptionKey ? [environmentKeyStatement(encryptionKey)] : []),
    ];
  }

  #warm(provisionedConcurrentExecutions: number): lambda.Alias {
    return new lambda.Alias(this, 'Warm', {
      aliasName: 'warm',
      version: this.function.currentVersion as lambda.IVersion,
      provisionedConcurrentExecutions,
    });
  }
}

/** Its key is a hash of the proof, so the load spreads over all partitions. Items are worthless after two minutes. */
function replayTable(scope: Construct, { encryptionKey }: DpopAuthorizerProps): TableV2 {
  const table = new TableV2(scope, 'Replays', {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    timeToLiveAttribute: 'ttl',
    billing: Billing.onDemand(),
    encryption: encryptionKey
      ? TableEncryptionV2.customerManagedKey(encryptionKey)
      : TableEncryptionV2.awsManagedKey(),
    removalPolicy: RemovalPolicy.DESTROY,
  });
  acknowledge(table, {
    'AwsSolutions-DDB3':
      'Nothing in it is worth restoring: after two minutes, a used proof is refused for its age anyway.',
  });
  return table;
}

function nonceKey(scope: Construct, name: string): Key {
  return new Key(scope, 'NonceKey', {
    description: `${name}: nonces for DPoP proofs`,
    keySpec: KeySpec.HMAC_256,
    keyUsage: KeyUsage.GENERATE_VERIFY_MAC,
    // Losing it costs each client one more challenge.
    removalPolicy: RemovalPolicy.DESTROY,
  });
}
