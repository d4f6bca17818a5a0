// Tags that a deployment adds to what it makes.
import { keyTags } from './names.ts';

/** Rights follow the broker's own tags. */
export const tagFaults = (tags: Readonly<Record<string, string>> = {}): string[] =>
  Object.values<string>(keyTags)
    .filter((name) => name in tags)
    .map((name) => `tags: ${name} is the broker's own`);
