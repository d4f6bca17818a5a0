// docs/api.md, from the sentences above the declarations that the package exports. `npm run docs` writes it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../bundle.ts';
import { type Exported, exportsOf } from './exports.ts';

export const apiFile = join(root, 'docs/api.md');

/** Everything in "exports" of package.json that has types, and where it begins. */
export const entries = {
  'okta-dpop-bff/cdk': 'infra/aws/index.ts',
  'okta-dpop-bff/client': 'spa/client/index.ts',
  'okta-dpop-bff/client/react': 'spa/client/react/index.ts',
  'okta-dpop-bff/client/angular': 'spa/client/angular/index.ts',
  'okta-dpop-bff/client/vue': 'spa/client/vue/index.ts',
  'okta-dpop-bff/client/svelte': 'spa/client/svelte/index.ts',
  'okta-dpop-bff/server': 'spa/client/server/index.ts',
  'okta-dpop-bff/client/testing': 'spa/client/testing/index.ts',
  'okta-dpop-bff/client/testing/playwright': 'spa/client/testing/playwright.ts',
  'okta-dpop-bff/verify': 'shared/verify/index.ts',
};

export function apiDocument(): string {
  const sections = Object.entries(entries).map(
    ([name, file]) => `## ${name}\n\n${exportsOf(file).map(described).join('\n')}`,
  );
  return `${introduction}
${Object.keys(entries)
  .map((name) => `- [${name}](#${name.replaceAll('/', '')})`)
  .join('\n')}

${sections.join('\n')}`;
}

const introduction = `# What the package exports

<!-- Written by \`npm run docs\` from the sources. Change the comments there instead. -->

Every name, with its type, its default and one sentence. [spa.md](spa.md), [deploy.md](deploy.md#from-your-own-cdk-app),
[own-apis.md](own-apis.md) and [testing.md](testing.md) say how to use them together; [versions.md](versions.md) says what may change.
A name with \`?\` may be left out.
`;

function described({ name, kind, head, doc, members }: Exported): string {
  const shown = kind === 'value' || kind === 'function' ? head : head.replace(/^\w+ /, `${kind} `);
  const parts = [`### ${name}`, `\`\`\`ts\n${shown}\n\`\`\``, sentences(doc)];
  if (members.length > 0) parts.push(table(members));
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

const table = (members: Exported['members']): string => {
  const rows = members.map(({ name, type, doc }) => {
    const cells = [code(name), code(type), cell(doc.default ?? ''), cell(doc.text)];
    return `| ${cells.join(' | ')} |`;
  });
  return ['| name | type | default | |', '|---|---|---|---|', ...rows].join('\n');
};

const sentences = ({ text, default: usual }: Exported['doc']): string =>
  usual === undefined ? text : `${text} Default: ${usual}.`;

const code = (text: string): string => `\`${cell(text)}\``;

/** A bar would end the cell, also within code. */
const cell = (text: string): string => text.replaceAll('|', '\\|');

if (import.meta.main) await writeFile(apiFile, apiDocument());
