// Whether a tag may be released: `node infra/release.ts v1.2.3`. The version and the changelog have to say the same.
import { readFile } from 'node:fs/promises';

export function whyNotReleasable(tag: string, version: string, changelog: string): string[] {
  const heads = [...changelog.matchAll(/^## (\S+)(?: - (\S+))?$/gm)];
  const [first, second] = heads;
  const notes = changelog.split(/^## .*$/m)[1]?.trim();
  const faults = [
    tag !== `v${version}` && `the tag is ${tag}, and package.json says ${version}`,
    first?.[1] !== 'Unreleased' && 'CHANGELOG.md does not begin with Unreleased',
    notes && 'CHANGELOG.md has entries under Unreleased: move them under the version',
    second?.[1] !== version && `CHANGELOG.md has no section ${version} after Unreleased`,
    !/^\d{4}-\d\d-\d\d$/.test(second?.[2] ?? '') &&
      'the section of the version has no date (YYYY-MM-DD)',
  ];
  return faults.filter((fault) => typeof fault === 'string' && fault !== '') as string[];
}

if (import.meta.main) {
  const [tag = ''] = process.argv.slice(2);
  const { version } = JSON.parse(await readFile('package.json', 'utf8'));
  const faults = whyNotReleasable(tag, version, await readFile('CHANGELOG.md', 'utf8'));
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
