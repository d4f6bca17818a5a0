// The life cycle of keys in KMS: made, found, replicated, disabled, deleted. Each Region has its own copy of a
// multi-Region key, with its own state, so every action is applied to every copy.
import type { KeyMetadata, KMSClient } from '@aws-sdk/client-kms';
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  GetKeyLastUsageCommand,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
} from '#adapters/aws/clients.ts';
import type { KeyAdmin } from '#core/keys/operator.ts';
import { idIn, regionOf } from '#core/lib/key-arn.ts';
import { callKms, whenRefusedWith } from './calls.ts';
import { factsOf, secondsOf } from './facts.ts';
import { ownKeys, tagsOn } from './own-keys.ts';
import { keyTags } from './tags.ts';

export interface KeyAdminOptions {
  /** The value of its keys' tag, and the prefix of their aliases. */
  broker: string;
  /** The policy of every key, as JSON. Without one, KMS uses its default. */
  policy?: string | undefined;
  homeRegion: string;
  /** Where copies should be. KMS tells where they are. */
  replicaRegions: readonly string[];
  clientIn(region: string): KMSClient;
  /** More tags for every key, such as those that a company requires on all resources. */
  tags?: Readonly<Record<string, string>> | undefined;
  /** In the home Region. It never repeats a call by itself, because each CreateKey makes a key. */
  neverRepeating: KMSClient;
}

export function keyAdmin(options: KeyAdminOptions): KeyAdmin {
  const { broker, policy, tags = {}, homeRegion, clientIn, neverRepeating: once } = options;
  const home = clientIn(homeRegion);
  // KMS refuses a policy that the caller could not change afterwards. This role must not be able to; the account is.
  const given = policy && { Policy: policy, BypassPolicyLockoutSafetyCheck: true };

  const describeIn = async (region: string, id: string): Promise<KeyMetadata | undefined> => {
    const command = new DescribeKeyCommand({ KeyId: idIn(region, id) });
    const answer = await callKms('DescribeKey', clientIn(region).send(command), unlessMissing);
    return answer?.KeyMetadata;
  };

  /** Home comes first. If it does not answer, its replicas are those that the configuration names. */
  const regionsOf = async (id: string): Promise<string[]> => {
    const place = regionOf(id) ?? homeRegion;
    const metadata = await describeIn(place, id).catch(() => undefined);
    const replicas = metadata?.MultiRegionConfiguration?.ReplicaKeys ?? [];
    const named = replicas.flatMap(({ Region }) => Region ?? []);
    return [...new Set([place, ...named, ...options.replicaRegions])];
  };

  /** Applies to every copy even if one fails, and then reports the failure. */
  const everywhere = async (
    id: string,
    change: (client: KMSClient, KeyId: string) => Promise<void>,
  ): Promise<void> => {
    const regions = await regionsOf(id);
    const results = await Promise.allSettled(
      regions.map((region) => change(clientIn(region), idIn(region, id))),
    );
    const failure = results.find((result) => result.status === 'rejected');
    if (failure) throw failure.reason;
  };

  return {
    async create({ use, spec, rotation }) {
      const command = new CreateKeyCommand({
        KeySpec: spec,
        KeyUsage: 'SIGN_VERIFY',
        // This cannot be changed later, and replicas share the thumbprint.
        MultiRegion: true,
        Description: `${broker}: ${use === 'dpop' ? 'DPoP proof' : 'client assertion'} key`,
        ...given,
        Tags: listOf({
          ...tags,
          [keyTags.broker]: broker,
          [keyTags.use]: use,
          [keyTags.rotation]: rotation,
        }),
      });
      const { KeyMetadata: made } = await callKms('CreateKey', once.send(command));
      // Only for people who look at the console: nothing is found or signed by the alias.
      const AliasName = `alias/${broker}/${use}/${rotation}`;
      const alias = new CreateAliasCommand({ AliasName, TargetKeyId: made?.KeyId });
      await home.send(alias).catch(() => undefined);
      return made?.Arn ?? '';
    },

    ours: () => ownKeys(home, broker),

    async describe(id) {
      const [place = homeRegion, ...others] = await regionsOf(id);
      const [own, ...replicas] = await Promise.all(
        [place, ...others].map(async (region) => ({
          region,
          metadata: await describeIn(region, id),
        })),
      );
      return own?.metadata && factsOf(id, own.metadata, replicas);
    },

    // Each copy has its own record, and not every Region keeps one.
    async lastUsedAt(id) {
      let last: number | undefined;
      for (const region of await regionsOf(id)) {
        const command = new GetKeyLastUsageCommand({ KeyId: idIn(region, id) });
        const answer = await clientIn(region)
          .send(command)
          .catch(() => undefined);
        const at = secondsOf(answer?.KeyLastUsage?.Timestamp);
        if (at !== undefined) last = Math.max(at, last ?? 0);
      }
      return last;
    },

    async replicate(id, region) {
      if (await describeIn(region, id)) return;
      const names: string[] = Object.values(keyTags);
      const own = [...(await tagsOn(home, id))].filter(([name]) => names.includes(name));
      const command = new ReplicateKeyCommand({
        KeyId: id,
        ReplicaRegion: region,
        ...given,
        Tags: listOf({ ...tags, ...Object.fromEntries(own) }),
      });
      await callKms(
        'ReplicateKey',
        home.send(command),
        whenRefusedWith(['AlreadyExistsException'], undefined),
      );
    },

    disable: (id) =>
      everywhere(id, async (client, KeyId) => {
        await callKms(
          'DisableKey',
          client.send(new DisableKeyCommand({ KeyId })),
          unlessInThatState,
        );
      }),

    enable: (id) =>
      everywhere(id, async (client, KeyId) => {
        const cancel = client.send(new CancelKeyDeletionCommand({ KeyId }));
        await callKms('CancelKeyDeletion', cancel, unlessInThatState);
        await callKms('EnableKey', client.send(new EnableKeyCommand({ KeyId })), unlessMissing);
      }),

    // Replicas first: their primary waits for them, and then for its own period.
    async scheduleDeletion(id, days) {
      const regions = await regionsOf(id);
      for (const region of regions.reverse()) {
        const command = new ScheduleKeyDeletionCommand({
          KeyId: idIn(region, id),
          PendingWindowInDays: days,
        });
        await callKms('ScheduleKeyDeletion', clientIn(region).send(command), unlessInThatState);
      }
      const facts = await this.describe(id);
      return facts?.deletionAt ?? 0;
    },
  };
}

const unlessMissing = whenRefusedWith(['NotFoundException'], undefined);

/** The state is already as it should be: pending deletion, or not. */
const unlessInThatState = whenRefusedWith(
  ['NotFoundException', 'KMSInvalidStateException'],
  undefined,
);

const listOf = (tags: Readonly<Record<string, string>>) =>
  Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));
