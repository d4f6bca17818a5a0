// Aliases. Kinder than KMS: a change is visible at once, not within minutes.
import { findAlias, findKey, mustBe } from './find.ts';
import { aliasArn, seconds } from './keys.ts';
import { type Context, page } from './operation.ts';
import { type Input, KmsRefusal, matching, optionalText, text } from './refusal.ts';

export function createAlias({ store, region }: Context, input: Input) {
  const name = aliasName(input);
  const key = mustBe(findKey(store, region, text(input, 'TargetKeyId')), 'not_pending_deletion');
  if (store.aliases.some((alias) => alias.name === name && alias.region === region)) {
    const arn = aliasArn(region, name);
    throw new KmsRefusal('AlreadyExistsException', `An alias with the name ${arn} already exists`);
  }
  const now = store.now();
  store.aliases.push({ name, region, keyId: key.id, createdAt: now, updatedAt: now });
  return {};
}

// KMS refuses a key of another usage or kind; here all keys are asymmetric and sign.
export function updateAlias({ store, region }: Context, input: Input) {
  const alias = findAlias(store, region, aliasName(input));
  const key = mustBe(findKey(store, region, text(input, 'TargetKeyId')), 'not_pending_deletion');
  alias.keyId = key.id;
  alias.updatedAt = store.now();
  return {};
}

export function deleteAlias({ store, region }: Context, input: Input) {
  store.aliases.splice(store.aliases.indexOf(findAlias(store, region, aliasName(input))), 1);
  return {};
}

export function listAliases({ store, region }: Context, input: Input) {
  const asked = optionalText(input, 'KeyId');
  const key = asked ? findKey(store, region, asked) : undefined;
  const aliases = store.aliases
    .filter((alias) => alias.region === region && (!key || alias.keyId === key.id))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return page(input, { name: 'Aliases', limit: 50, max: 100 }, aliases, (alias) => ({
    AliasName: alias.name,
    AliasArn: aliasArn(region, alias.name),
    TargetKeyId: alias.keyId,
    CreationDate: seconds(alias.createdAt),
    LastUpdatedDate: seconds(alias.updatedAt),
  }));
}

function aliasName(input: Input): string {
  const name = matching(text(input, 'AliasName'), 'AliasName', /^[a-zA-Z0-9:/_-]{1,256}$/);
  if (!name.startsWith('alias/')) {
    throw new KmsRefusal(
      'ValidationException',
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    );
  }
  if (name.startsWith('alias/aws/')) throw new KmsRefusal('InvalidAliasNameException');
  return name;
}
