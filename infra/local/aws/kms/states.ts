// Operations that change a key: its state, its deletion, its tags.
import { pendDeletion } from './deletion.ts';
import { findKey, mustBe } from './find.ts';
import { seconds } from './keys.ts';
import type { Context, Operation } from './operation.ts';
import { type Input, KmsRefusal, list, tags, text, wholeNumber } from './refusal.ts';

export function moveTo(state: 'Enabled' | 'Disabled'): Operation {
  return ({ store, region }, input) => {
    mustBe(findKey(store, region, text(input, 'KeyId')), 'not_pending_deletion').state = state;
    return {};
  };
}

export function scheduleKeyDeletion({ store, region }: Context, input: Input) {
  const days = wholeNumber(input, 'PendingWindowInDays', { min: 7, max: 30, otherwise: 30 });
  const key = mustBe(findKey(store, region, text(input, 'KeyId')), 'not_pending_deletion');
  pendDeletion(store, key, days);
  return {
    KeyId: key.arn,
    KeyState: key.state,
    PendingWindowInDays: days,
    ...(key.deletion?.at && { DeletionDate: seconds(key.deletion.at) }),
  };
}

export function cancelKeyDeletion({ store, region }: Context, input: Input) {
  const key = findKey(store, region, text(input, 'KeyId'));
  if (!key.state.startsWith('Pending')) {
    throw new KmsRefusal('KMSInvalidStateException', `${key.arn} is not pending deletion.`);
  }
  key.state = 'Disabled';
  delete key.deletion;
  return { KeyId: key.arn };
}

export function tagResource({ store, region }: Context, input: Input) {
  const added = tags(input);
  const key = mustBe(findKey(store, region, text(input, 'KeyId')), 'not_pending_deletion');
  const kept = key.tags.filter((tag) => !added.some((one) => one.TagKey === tag.TagKey));
  if (kept.length + added.length > 50) throw new KmsRefusal('TagException', 'Too many tags');
  key.tags = [...kept, ...added];
  return {};
}

export function untagResource({ store, region }: Context, input: Input) {
  const removed = list(input, 'TagKeys');
  const key = mustBe(findKey(store, region, text(input, 'KeyId')), 'not_pending_deletion');
  key.tags = key.tags.filter((tag) => !removed.includes(tag.TagKey));
  return {};
}
