// The few pages that people see. They are self-contained and never framed. One of them has a script, of one line.
import { createHash } from 'node:crypto';
import type { HttpAnswer } from './message.ts';

const style = `
:root{color-scheme:light dark;--ink:#1c2330;--soft:#5a6474;--paper:#f6f7f9;--card:#fff;--line:#e2e6ec;--accent:#2f5bd7}
@media(prefers-color-scheme:dark){:root{--ink:#e9edf4;--soft:#a3adbd;--paper:#11151c;--card:#1a202b;--line:#2b3442;--accent:#8fb0ff}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:100%;max-width:440px;background:var(--card);border:1px solid var(--line);border-radius:16px;padding:36px 32px}
h1{margin:0 0 10px;font-size:1.4rem;line-height:1.25;letter-spacing:-.01em}
p{margin:0 0 22px;color:var(--soft)}
.button{border:0;cursor:pointer;font:inherit;display:inline-flex;align-items:center;justify-content:center;min-height:46px;padding:0 22px;border-radius:10px;background:var(--accent);color:#fff;font-weight:600;text-decoration:none}
@media(prefers-color-scheme:dark){.button{color:#0d1420}}
.button:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
small{display:block;margin-top:26px;color:var(--soft);font-size:.8rem;overflow-wrap:anywhere}
`;

const hashOf = (inline: string) =>
  `'sha256-${createHash('sha256').update(inline).digest('base64')}'`;

const csp = (formAction = "'none'", ...more: string[]) =>
  [
    "default-src 'none'",
    `style-src ${hashOf(style)}`,
    "base-uri 'none'",
    `form-action ${formAction}`,
    "frame-ancestors 'none'",
    ...more,
  ].join('; ');

interface Page {
  status: number;
  title: string;
  text: string;
  button: { label: string; href: string };
  requestId: string;
}

const page = ({ button: { label, href }, ...rest }: Page): HttpAnswer =>
  document({
    ...rest,
    policy: csp(),
    next: `<a class="button" href="${html(href)}">${html(label)}</a>`,
  });

/** `next` is markup. */
function document({
  status,
  title,
  text,
  requestId,
  policy,
  next,
}: Omit<Page, 'button'> & { policy: string; next: string }): HttpAnswer {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy },
    body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${html(title)}</h1>
<p>${html(text)}</p>
${next}
<small>Request ${html(requestId)}</small>
</main>
</body>
</html>
`,
  };
}

const signInAgain = { label: 'Sign in', href: '/bff/login' };

/** The dead end of the callback: a bookmark, the back button, somebody else's link, or a sign-in that took too long. */
export const deadSignInPage = (requestId: string): HttpAnswer =>
  page({
    status: 400,
    title: 'This sign-in cannot be finished',
    text: 'It was already finished, took too long, or was started in another browser. Nothing is lost: just sign in again.',
    button: signInAgain,
    requestId,
  });

/** Another site sent the browser here: a sign-in begins only when the person wants it. */
export const confirmSignInPage = (requestId: string, href: string): HttpAnswer =>
  page({
    status: 200,
    title: 'Do you want to sign in?',
    text: 'A link on another site brought you here. Continue if you want to sign in to this application.',
    button: { label: 'Sign in', href },
    requestId,
  });

/** `failed`: the sign-ins failed. Otherwise they went well, and the browser came back without its session. */
export const loginLoopPage = (requestId: string, href: string, failed: boolean): HttpAnswer =>
  page({
    status: 400,
    title: 'Signing in does not work',
    text: failed
      ? 'Sign-in failed twice: the sign-in service refused, or its answer could not be used. Your account may not have access to this application. Its administrators can find the reason in their log.'
      : 'Sign-in succeeded twice, but both times your browser came back without the session. It may be blocking cookies for this site.',
    button: { label: 'Try again', href },
    requestId,
  });

export const errorPage = (error: {
  status: number;
  title: string;
  requestId: string;
}): HttpAnswer =>
  page({
    ...error,
    text: 'You can go back to the application and try again.',
    button: { label: 'Back to the application', href: '/' },
  });

const submit = 'document.forms[0].submit()';

/**
 * Sends the browser to the authorization server by POST, so that no address holds the ID token. The policy also lists
 * where the server sends the browser afterwards, because Chromium applies form-action to redirects too.
 */
export function signingOutPage(
  requestId: string,
  { endpoint, parameters }: { endpoint: URL; parameters: Record<string, string> },
): HttpAnswer {
  const fields = Object.entries(parameters).map(
    ([name, value]) => `<input type="hidden" name="${html(name)}" value="${html(value)}">`,
  );
  const answer = document({
    status: 200,
    title: 'Signing out',
    text: 'If nothing happens, use the button.',
    requestId,
    policy: csp(`${endpoint.origin} 'self'`, `script-src ${hashOf(submit)}`),
    next: `<form method="post" action="${html(endpoint.href)}">
${fields.join('\n')}
<button class="button">Sign out</button>
</form>
<script>${submit}</script>`,
  });
  // Without a referrer the form's Origin would be null, which some servers refuse.
  return { ...answer, headers: { ...answer.headers, 'referrer-policy': 'strict-origin' } };
}

const html = (text: string) =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
