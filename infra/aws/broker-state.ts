// What must survive every deployment: the sessions and the keys. They are kept when the stack is deleted.
import { CrossStackReferences, ReferenceStrength, RemovalPolicy, Tags } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  type GlobalSecondaryIndexPropsV2,
  ProjectionType,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { type IKey, Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { tableSchema } from '#adapters/table/schema.ts';
import type { KeyUse } from '#core/ports.ts';
import type { DpopInput } from '#shared/config/input.ts';
import type { PolicyDocument } from '../policy/document.ts';
import { here, policyDocument } from './here.ts';
import { keyPolicy } from './rights/key-policy.ts';
import { keyTags } from './rights/names.ts';

/** What is decided once, for the sessions and the keys. */
export interface BrokerStateProps {
  /** The broker's name in tags, aliases and roles. It must be unique in the account. */
  readonly name: string;
  /** The type of the first DPoP key. Changing it makes another first key and keeps the old one. Default: `ECC_NIST_P256`. */
  readonly keySpec?: DpopInput['keySpec'];
  /**
   * Encrypts the table. Its policy must let this account's IAM grant its use.
   * @default - a key that AWS owns.
   */
  readonly encryptionKey?: IKey;
  /** What happens to them when the stack is deleted. Choose anything but `RETAIN` only if you can afford to lose them. Default: `RETAIN`. */
  readonly removalPolicy?: RemovalPolicy;
}

/** The table and the first keys. Kept when the stack is deleted. */
export class BrokerState extends Construct {
  /** The broker's name. */
  readonly broker: string;
  /** Sessions, sign-ins under way, sign-out marks and the ring of keys. */
  readonly table: TableV2;
  /** The keys of the first deployment. The key ring in the table takes precedence. */
  readonly firstKeys: { readonly dpop: Key; readonly assertion: Key };
  /** The policy of every key of this broker. */
  readonly keyPolicy: PolicyDocument;

  constructor(scope: Construct, id: string, props: BrokerStateProps) {
    super(scope, id);
    if (!/^[a-z][a-z0-9-]{1,23}$/.test(props.name)) {
      throw new Error(
        `name: must be 2 to 24 lower-case letters, digits and hyphens, not ${props.name}`,
      );
    }
    this.broker = props.name;
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    this.table = sessionTable(this, removalPolicy, props.encryptionKey);
    this.keyPolicy = keyPolicy({
      place: here,
      broker: props.name,
      // Otherwise the stack could not be destroyed for a week after its last signature.
      keep: removalPolicy !== RemovalPolicy.DESTROY,
    });
    const common = { name: props.name, policy: this.keyPolicy, removalPolicy };
    this.firstKeys = {
      dpop: signingKey(this, 'dpop', {
        ...common,
        ...(props.keySpec && { keySpec: props.keySpec }),
      }),
      // RFC 7523 with ES256 is what both Okta and FAPI 2.0 accept.
      assertion: signingKey(this, 'assertion', common),
    };
    // An export in use cannot be removed, and another keySpec makes another first key.
    for (const one of [this.table, ...Object.values(this.firstKeys)]) {
      CrossStackReferences.of(one).produce(ReferenceStrength.WEAK);
    }
  }
}

function sessionTable(scope: Construct, removalPolicy: RemovalPolicy, key?: IKey): TableV2 {
  const { partitionKey, sortKey, timeToLive, indexes } = tableSchema;
  const attribute = (name: string) => ({
    name,
    type: name === indexes.key.sortKey ? AttributeType.NUMBER : AttributeType.STRING,
  });
  return new TableV2(scope, 'Table', {
    partitionKey: attribute(partitionKey),
    sortKey: attribute(sortKey),
    timeToLiveAttribute: timeToLive,
    globalSecondaryIndexes: Object.values(indexes).map(
      (index): GlobalSecondaryIndexPropsV2 => ({
        indexName: index.name,
        partitionKey: attribute(index.partitionKey),
        ...('sortKey' in index && { sortKey: attribute(index.sortKey) }),
        projectionType: ProjectionType.KEYS_ONLY,
      }),
    ),
    billing: Billing.onDemand(),
    encryption: key ? TableEncryptionV2.customerManagedKey(key) : TableEncryptionV2.awsManagedKey(),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: removalPolicy === RemovalPolicy.RETAIN,
    removalPolicy,
  });
}

interface SigningKey {
  name: string;
  keySpec?: DpopInput['keySpec'];
  policy: PolicyDocument;
  removalPolicy: RemovalPolicy;
}

/** Multi-Region from the first day, because this cannot be changed later. Replicas share the thumbprint. */
function signingKey(
  scope: Construct,
  use: KeyUse,
  { name, keySpec = 'ECC_NIST_P256', policy, removalPolicy }: SigningKey,
): Key {
  // KMS refuses to change a key's spec, so each spec is a resource of its own.
  const key = new Key(scope, `${use === 'dpop' ? 'Dpop' : 'Assertion'}${keySpec.split('_')[0]}`, {
    description: `${name}: first ${use === 'dpop' ? 'DPoP proof' : 'client assertion'} key`,
    alias: `${name}/${use}/first-${keySpec === 'RSA_2048' ? 'rsa' : 'ec'}`,
    keySpec: keySpec === 'RSA_2048' ? KeySpec.RSA_2048 : KeySpec.ECC_NIST_P256,
    keyUsage: KeyUsage.SIGN_VERIFY,
    multiRegion: true,
    policy: policyDocument(policy),
    removalPolicy,
  });
  Tags.of(key).add(keyTags.broker, name);
  Tags.of(key).add(keyTags.use, use);
  return key;
}
