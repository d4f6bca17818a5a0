// The codemod, on the three sample apps that docs/migrate-from-okta-auth-js.md goes through.

import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { unifiedDiff } from '#infra/migrate/diff.ts';
import { behind, mask } from '#infra/migrate/mask.ts';
import { migrate } from '#infra/migrate/migrate.ts';
import { oldest, tooOld } from '#infra/migrate/versions.ts';

const before = join(import.meta.dirname, 'before');
const sample = (path: string) => readFile(join(before, `${path}.txt`), 'utf8');

describe('React', async () => {
  const { text, leftovers } = migrate('App.tsx', await sample('react/App.tsx'), 'react') ?? {
    text: '',
    leftovers: [],
  };

  test('has the provider, the hooks, and no callback', () => {
    expect(text).toContain('<BffProvider bff={oktaAuth}>\n      <Routes>');
    expect(text).toContain('</BffProvider>');
    expect(text).not.toContain('<LoginCallback');
    expect(text).toContain('const oktaAuth = useBff();\n  const authState = useSession();');
    expect(text).toContain(
      "import { BffProvider, useBff, useSession } from 'okta-dpop-bff/client/react';",
    );
    expect(text).not.toContain('@okta/okta-react');
  });

  test('signs in and out with the same options, and reads the same claims', () => {
    expect(text).toContain("oktaAuth.login({ returnTo: '/users', prompt: 'login' })");
    expect(text).toContain('oktaAuth.logout()');
    expect(text).toContain('authState.session?.user.name');
    expect(text).toContain("if (authState.kind === 'unknown') return");
    expect(text).toContain('if (!authState.session) return;');
  });

  test('keeps comments, strings, and everything that it does not know', () => {
    expect(text).toContain(
      "// new OktaAuth() in a comment stays, and so does 'useOktaAuth' in a string.",
    );
    expect(text).toContain("Loading, don't leave...");
    expect(text).toContain("import { toRelativeUrl } from '@okta/okta-auth-js';");
    expect(leftovers.map(({ todo }) => todo)).toContain(
      'delete it: the broker serves the callback',
    );
  });
});

test('a character of two units before an edit moves nothing', () => {
  const source = `import { useOktaAuth } from '@okta/okta-react';
// 🔑🔑🔑 useOktaAuth() in a comment
const { oktaAuth } = useOktaAuth();
oktaAuth.signOut();
`;
  expect(mask(source)).toHaveLength(source.length);
  const { text = '' } = migrate('App.tsx', source, 'react') ?? {};
  expect(text).toContain('// 🔑🔑🔑 useOktaAuth() in a comment\n');
  expect(text).toContain('oktaAuth.logout();\n');
});

describe('Angular', () => {
  test('has the providers and the guard; the other providers stay', async () => {
    const { text } = migrate('app.config.ts', await sample('angular/app.config.ts'), 'angular') ?? {
      text: '',
    };
    expect(text).toContain(
      '    provideBrowserGlobalErrorListeners(),\n    provideBff(),\n    provideHttpClient',
    );
    expect(text).toContain('canActivate: [signedIn]');
    expect(text).not.toMatch(/OktaCallbackComponent|@okta/);
    expect(text).toContain("import { provideBff, signedIn } from 'okta-dpop-bff/client/angular';");
  });

  test('signs in and out, and no longer clears what the browser does not have', async () => {
    const { text, leftovers } = migrate(
      'app.component.ts',
      await sample('angular/app.component.ts'),
      'angular',
    ) ?? { text: '' };
    expect(text).toContain('oktaAuth: Bff = inject(BFF);');
    expect(text).toContain('async signIn() {\n    await this.oktaAuth.login();\n  }');
    expect(text).toContain('return (await this.oktaAuth.session()).authenticated;');
    expect(leftovers).toEqual([]);
  });

  test('leaves the interceptor to its owner, and says what to do', async () => {
    const done = migrate(
      'auth.interceptor.ts',
      await sample('angular/auth.interceptor.ts'),
      'angular',
    );
    expect(done?.leftovers).toContainEqual(
      expect.objectContaining({
        line: 7,
        todo: expect.stringContaining('delete the Authorization header'),
      }),
    );
  });
});

describe('Vue', () => {
  test('has the plugin and guards, and no callback', async () => {
    const { text, leftovers } = migrate('main.ts', await sample('vue/main.ts'), 'vue') ?? {
      text: '',
    };
    expect(text).toContain('const oktaAuth = createBff();');
    expect(text).toContain('.use(bffPlugin, { bff: oktaAuth })');
    expect(text).toContain('beforeEnter: signedIn(oktaAuth)');
    expect(text).not.toMatch(/@okta|LoginCallback|navigationGuard/);
    expect(leftovers).toEqual([]);
  });

  test('of a component says which lines are left', async () => {
    const done = migrate('Users.vue', await sample('vue/Users.vue'), 'vue');
    expect(done?.leftovers.map(({ line }) => line)).toEqual([5, 12]);
  });
});

describe('what Okta’s own samples do', () => {
  const hook = (code: string) =>
    migrate('a.jsx', `import { useOktaAuth } from '@okta/okta-react';\n${code}\n`, 'react')?.text;
  const todos = (path: string, source: string, framework: 'angular' | 'vue' | 'react') =>
    migrate(path, source, framework)?.leftovers.map(({ line, todo }) => `${line}: ${todo}`);

  test('a state that is negated twice keeps its meaning', () => {
    expect(hook('useEffect(f, [!!authState]);')).toContain("[authState.kind !== 'unknown']");
    expect(hook('if (!authState || !authState.isAuthenticated) f();')).toContain(
      "if (authState.kind === 'unknown' || !authState.session) f();",
    );
  });

  test('a pending state is one that is loading', () => {
    expect(hook('if (authState.isPending) f();')).toContain('if (authState.isLoading) f();');
  });

  test('a guard of all pages stays until each page has its own', () => {
    const source = `import { navigationGuard } from '@okta/okta-vue';
const routes = [{ path: '/a', meta: { requiresAuth: true } }];
router.beforeEach(navigationGuard);
`;
    expect(migrate('router.js', source, 'vue')?.text).toBe(source);
    expect(todos('router.js', source, 'vue')).toEqual([
      expect.stringMatching(/^1: give each such page/),
      expect.stringMatching(/^2: give each such page/),
      expect.stringMatching(/^3: give each such page/),
    ]);
  });

  test('an import that is still used is named, because the package goes', () => {
    const source =
      "import { toRelativeUrl } from '@okta/okta-auth-js';\ntoRelativeUrl(location.href);\n";
    expect(todos('a.js', source, 'react')).toEqual(['1: still from Okta’s packages']);
  });

  test('what Vue injects and what a template of Angular reads is named', () => {
    const injected = "<script setup>\nconst state = inject('okta.authState');\n</script>\n";
    expect(todos('a.vue', injected, 'vue')).toEqual([
      '2: useBff() and useSession(), whose state a script finds in .value',
    ]);
    const template = '<p>Hi</p>\n<a *ngIf="(auth.authState$ | async)?.isAuthenticated">Out</a>\n';
    expect(todos('a.html', template, 'angular')).toEqual(['2: read injectSession() instead']);
    expect(migrate('b.html', '<p>Hi</p>\n', 'angular')).toBeUndefined();
  });
});

describe('what a build does not find', () => {
  const todos = (path: string, source: string, framework: 'vue' | 'react') =>
    migrate(path, source, framework)?.leftovers.map(({ line, todo }) => `${line}: ${todo}`);

  test('a template of Vue that reads a field of the old state is named line by line', () => {
    const source = `<script setup>
const authState = inject('okta.authState');
</script>
<template>
  <p v-if="authState && !authState.isAuthenticated">Who are you?</p>
  <p v-else>{{ authState?.idToken.claims.name }}</p>
  <p>authState in a text</p>
</template>
`;
    expect(todos('a.vue', source, 'vue')).toEqual([
      expect.stringMatching(/^2: useBff\(\) and useSession\(\)/),
      expect.stringMatching(/^5: authState\.session/),
      expect.stringMatching(/^6: authState\.session/),
    ]);
  });

  test('a test that mocks a package which goes is named, and not changed', () => {
    const source = `import { render } from '@testing-library/react';
vi.mock('@okta/okta-react', () => ({ useOktaAuth: () => ({ authState: {} }) }));
const lazy = () => import('@okta/okta-auth-js');
`;
    expect(migrate('a.spec.jsx', source, 'react')?.text).toBe(source);
    expect(todos('a.spec.jsx', source, 'react')).toEqual([
      '2: a test gets its session from fakeBroker() of okta-dpop-bff/client/testing',
      '3: still from Okta’s packages',
    ]);
  });

  test('the access token in the state is named', () => {
    const source = `import { useOktaAuth } from '@okta/okta-react';
const { authState } = useOktaAuth();
send(authState?.accessToken.accessToken);
`;
    expect(todos('a.jsx', source, 'react')).toEqual([
      expect.stringMatching(/^3: there is no token/),
    ]);
  });

  test.each([
    ['react', '^17.0.2', 'update react to 18 or later first: package.json says ^17.0.2'],
    ['react', '^18.3.1', undefined],
    ['angular', '~15.2.0', 'update @angular/core to 19 or later first'],
    ['angular', '~22.0.0', undefined],
    ['vue', '3.2.47', 'update vue to 3.3 or later first'],
    ['vue', '^3.5.13', undefined],
    ['vue', 'latest', undefined],
    ['client', '1', undefined],
  ] as const)('%s %s: %s', async (framework, range, todo) => {
    const folder = await mkdtemp(join(tmpdir(), 'migrate-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const [name = 'x'] = oldest[framework] ?? [];
    await mkdir(join(folder, 'src/deep'), { recursive: true });
    await writeFile(
      join(folder, 'package.json'),
      JSON.stringify({ dependencies: { [name]: range } }),
    );
    const said = await tooOld(join(folder, 'src/deep'), framework);
    expect(said?.startsWith(todo ?? 'nothing')).toBe(todo && true);
  });

  test('the oldest versions are those that the package asks for', async () => {
    const { peerDependencies } = JSON.parse(await readFile('package.json', 'utf8'));
    for (const [name, version] of Object.values(oldest)) {
      expect(peerDependencies[name].replace('.0', ''), name).toMatch(
        new RegExp(`^(>=|\\^)${version}$`),
      );
    }
  });
});

test.each([
  ["const a = 'x'; // y", "const a = ' '; "],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the code of one
  ['`a ${b + `c ${d}`} e`', '`  ${b + `  ${d}`}  `'],
  ["it's\nb", "it's\nb"],
  ["'a\\'b' + c", "'    ' + c"],
  ['/* a\n b */ c', '    \n      c'],
])('in %j only code is left', (source, code) => {
  expect(mask(source).trimEnd()).toBe(code.trimEnd());
  expect(mask(source)).toHaveLength(source.length);
});

test('a bracket without its counterpart has no end', () => {
  expect(behind('(a[b]{c})d', 0)).toBe(9);
  expect(behind('(a', 0)).toBeUndefined();
  expect(behind('(a]', 0)).toBeUndefined();
});

test.each([
  ['oktaAuth.signInWithRedirect(options)'],
  ['oktaAuth.signInWithRedirect({ scopes: [] })'],
  ['oktaAuth.signOut({ revokeAccessToken: false })'],
  ['other.signOut()'],
])('%s is left as it is', (code) => {
  const source = `import { OktaAuth } from '@okta/okta-auth-js';\n${code};\n`;
  expect(migrate('a.ts', source, 'client')?.text).toContain(code);
});

test('a file without anything of Okta’s is not touched', () => {
  expect(migrate('a.ts', 'auth.signOut(); const authState = 1;', 'react')).toBeUndefined();
});

test('the diff is one that git applies', () => {
  const diff = unifiedDiff('a.ts', 'a\nb\nc\nd\ne\nf\ng\nh\ni\n', 'a\nB\nc\nd\ne\nf\ng\nh\ni\nj\n');
  expect(diff).toBe(
    '--- a.ts\n+++ a.ts\n@@ -1,5 +1,5 @@\n a\n-b\n+B\n c\n d\n e\n@@ -8,3 +8,4 @@\n h\n i\n+j\n \n'.replace(
      '@@ -8,3 +8,4 @@\n h',
      '@@ -7,4 +7,5 @@\n g\n h',
    ),
  );
});

test('a file of many lines has a diff as well', () => {
  const many = Array.from({ length: 200_000 }, (_, at) => `line ${at}`).join('\n');
  const diff = unifiedDiff('a.ts', `first\n${many}\nlast\n`, `FIRST\n${many}\nLAST\n`);
  expect(diff.split('\n').filter((line) => /^[+-]\w/.test(line))).toEqual([
    '-first',
    '+FIRST',
    '-last',
    '+LAST',
  ]);
});

test('the command shows the diff and writes nothing, unless it is told to', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'migrate-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await cp(join(before, 'react'), join(folder, 'src'), { recursive: true });
  for (const name of await readdir(join(folder, 'src'))) {
    await rename(join(folder, 'src', name), join(folder, 'src', name.replace(/\.txt$/, '')));
  }
  const run = (...args: string[]) =>
    promisify(execFile)(
      process.execPath,
      [join(import.meta.dirname, '../../../infra/cli.ts'), 'migrate', ...args],
      { cwd: folder },
    ).then(
      ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
      ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
    );
  const source = await sample('react/App.tsx');
  const shown = await run('src');
  expect(shown.code).toBe(1);
  expect(shown.stdout).toContain('+    <BffProvider bff={oktaAuth}>');
  expect(shown.stdout).toContain('nothing was written: add --write');
  expect(shown.stdout).toMatch(/src\/App\.tsx:\d+: delete it: the broker serves the callback/);
  expect(await readFile(join(folder, 'src/App.tsx'), 'utf8')).toBe(source);
  await writeFile(join(folder, 'package.json'), '{ "dependencies": { "react": "^17.0.2" } }');
  expect((await run('src', '--write')).stdout).toContain('update react to 18 or later first');
  expect(await readFile(join(folder, 'src/App.tsx'), 'utf8')).toContain(
    '<BffProvider bff={oktaAuth}>',
  );
  expect(await run('nowhere')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('nowhere is not a folder'),
  });
});
