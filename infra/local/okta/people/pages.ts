// The pages that a person sees at the stand-in: sign-in, second factor, sign-out, error. Plain forms, no script, and
// nothing loaded from other places.
import { nameOf, type Person, people, sampleCode, samplePassword } from './people.ts';

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const safe = (text: string) => text.replace(/[&<>"']/g, (char) => escapes[char] ?? char);

/** Without form-action: browsers also apply it to the redirect that ends a sign-in. */
export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src *; frame-ancestors 'none'; base-uri 'none'",
};

export function signInPage(view: {
  app: string;
  /** Whether everybody may sign in by a click, and sees the password. */
  samples: boolean;
  hint?: string;
  fault?: string;
}): string {
  const rows = people.map(
    (person) => `
      <li><button name="sample" value="${person.username}">
        <span class="face" aria-hidden="true">${safe(initials(person))}</span>
        <span><strong>${safe(nameOf(person))}</strong><small>${safe(person.note)}</small></span>
      </button></li>`,
  );
  const samples = `
    <form method="post">
      <h2 id="people">As a sample user</h2>
      <ul aria-labelledby="people">${rows.join('')}</ul>
    </form>`;
  const help = view.samples
    ? `Everybody's password is <code>${samplePassword}</code>.`
    : 'It was printed where the stand-in was started.';
  return page(
    'Sign in',
    `<h1>Sign in</h1>
    <p class="app">to ${safe(view.app)}</p>
    ${fault(view.fault)}
    ${view.samples ? samples : ''}
    <form method="post">
      <h2>With a username</h2>
      <label for="username">Username</label>
      <input id="username" name="username" autocomplete="username" autocapitalize="none"
        spellcheck="false" required value="${safe(view.hint ?? '')}">
      <label for="password">Password</label>
      <input id="password" name="password" type="password" autocomplete="current-password"
        required aria-describedby="password-help"${view.hint ? ' autofocus' : ''}>
      <p class="help" id="password-help">${help}</p>
      <button class="primary">Sign in</button>
    </form>`,
    { ...(!view.samples && { footer: 'A stand-in for Okta, for a test of the app.' }) },
  );
}

export function factorPage(view: { person: Person; keyNeeded: boolean; fault?: string }): string {
  const { person, keyNeeded } = view;
  const code = `
    <form method="post">
      <label for="code">Code from your authenticator app</label>
      <input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required
        pattern="[0-9 ]*" aria-describedby="code-help" autofocus>
      <p class="help" id="code-help">It shows <code>${sampleCode}</code>.</p>
      <button class="primary">Verify</button>
    </form>`;
  const key = `
    <form method="post">
      <button class="${keyNeeded ? 'primary' : 'plain'}" name="key" value="touch">Use security key</button>
    </form>`;
  return page(
    'Verify it is you',
    `<h1>Verify it is you</h1>
    <p class="app">${safe(nameOf(person))}</p>
    ${fault(view.fault)}
    ${person.factors.includes('code') && !keyNeeded ? code : ''}
    ${person.factors.includes('key') ? key : ''}`,
  );
}

export const errorPage = (text: string): string =>
  page(
    'Error',
    `<h1>Something is wrong with this request</h1>
    <p role="alert">${safe(text)}</p>
    <p class="help">The app that sent you here made an invalid request. Go back and try again.</p>`,
  );

export function logoutPage(frames: string[], target: string | undefined): string {
  const next = target ? `<meta http-equiv="refresh" content="1;url=${safe(target)}">` : '';
  return page(
    'Signed out',
    `<h1>You are signed out</h1>
    ${target ? `<p><a href="${safe(target)}">Continue</a></p>` : ''}
    ${frames.map((src) => `<iframe hidden title="sign out" src="${safe(src)}"></iframe>`).join('')}`,
    { head: next },
  );
}

const initials = ({ firstName, lastName }: Person) => `${firstName[0]}${lastName[0]}`;
const fault = (text: string | undefined) =>
  text ? `<p class="fault" role="alert">${safe(text)}</p>` : '';

interface Around {
  head?: string;
  footer?: string;
}

const page = (title: string, body: string, { head = '', footer }: Around = {}) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} - local Okta</title>
<link rel="icon" href="data:,">
${head}
<style>${css}</style>
</head>
<body>
<main>${body}</main>
<footer>${footer ?? 'A stand-in for Okta on this machine. Nothing leaves it.'}</footer>
</body>
</html>`;

const css = `
:root { color-scheme: light dark; --ink: #16181d; --soft: #5a6270; --line: #cdd2da; --ground: #f4f5f7;
  --card: #fff; --accent: #1c4fd8; --on-accent: #fff; --fault: #a4161a; --fault-ground: #fdecec; }
@media (prefers-color-scheme: dark) { :root { --ink: #eceef2; --soft: #a7aebb; --line: #454c59;
  --ground: #14161a; --card: #1e2127; --accent: #8fb0ff; --on-accent: #0d1526; --fault: #ffb4b4;
  --fault-ground: #3a1d1f; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; align-items: center;
  justify-content: center; gap: 1rem; padding: 1.5rem 1rem; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 26rem; padding: 2rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 12px; }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; }
h2 { margin: 1.5rem 0 .5rem; font-size: .875rem; font-weight: 600; color: var(--soft); }
.app { margin: .25rem 0 0; color: var(--soft); overflow-wrap: anywhere; }
ul { margin: 0; padding: 0; list-style: none; display: grid; gap: .5rem; }
button { font: inherit; color: inherit; cursor: pointer; border-radius: 8px; }
li button { width: 100%; display: flex; align-items: center; gap: .75rem; padding: .5rem .75rem;
  text-align: left; background: none; border: 1px solid var(--line); }
li button:hover { border-color: var(--accent); }
li strong, li small { display: block; }
strong { font-weight: 600; }
code { white-space: nowrap; }
small, .help, footer { font-size: .875rem; color: var(--soft); }
.face { flex: none; width: 2.25rem; height: 2.25rem; display: grid; place-items: center; border-radius: 50%;
  background: var(--ground); font-size: .8125rem; font-weight: 600; }
label { display: block; margin: 1rem 0 .25rem; font-weight: 600; font-size: .9375rem; }
input { width: 100%; padding: .5rem .75rem; font: inherit; color: inherit; background: var(--card);
  border: 1px solid var(--soft); border-radius: 8px; }
.help { margin: .375rem 0 0; }
.primary, .plain { width: 100%; margin-top: 1rem; padding: .625rem; font-weight: 600; }
.primary { color: var(--on-accent); background: var(--accent); border: 1px solid var(--accent); }
.plain { background: none; border: 1px solid var(--soft); }
.fault { margin: 1rem 0 0; padding: .625rem .75rem; color: var(--fault); background: var(--fault-ground);
  border-radius: 8px; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
footer { text-align: center; }`;
