// Tags that a deployment adds to its resources.
import { keyTags } from '#infra/aws/rights/names.ts';

/** Permissions go by the broker's own tags. */
export const tagFaults = (tags: Readonly<Record<string, string>> = {}): string[] =>
  Object.values<string>(keyTags)
    .filter((name) => name in tags)
    .map((name) => `tags: ${name} is the broker's own`);
