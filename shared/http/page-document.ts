// The document around each of the broker's pages: language, look, and a policy that lets nothing in. It is self-contained
// and never framed.
import { createHash } from 'node:crypto';
import { type Language, type PageName, sentences } from './languages.ts';
import type { HttpAnswer } from './message.ts';

/** How an installation makes these pages its own. */
export interface Look {
  name?: string | undefined;
  /** A path of this origin, or a data: URL of an SVG or PNG. */
  logo?: string | undefined;
  /** `#rrggbb` */
  color?: string | undefined;
}

export interface Document {
  status: number;
  language: Language;
  look: Look;
  page: PageName;
  requestId: string;
  /** Markup. */
  actions: string;
  /** Sources of the policy besides its own, by directive. */
  policy?: { formAction?: string; script?: string };
}

const baseStyle = `
:root{color-scheme:light dark;--ink:#1c2330;--soft:#5a6474;--paper:#f6f7f9;--card:#fff;--line:#e2e6ec;--accent:#2f5bd7;--on-accent:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#e9edf4;--soft:#a3adbd;--paper:#11151c;--card:#1a202b;--line:#2b3442;--accent:#8fb0ff;--on-accent:#0d1420}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:100%;max-width:460px;background:var(--card);border:1px solid var(--line);border-radius:16px;padding:36px 32px}
.brand{display:flex;align-items:center;gap:10px;margin:0 0 22px;color:var(--ink);font-weight:600;overflow-wrap:anywhere}
.brand img{display:block;height:32px;max-width:160px;object-fit:contain}
h1{margin:0 0 10px;font-size:1.4rem;line-height:1.25;letter-spacing:-.01em;overflow-wrap:break-word}
p{margin:0 0 22px;color:var(--soft)}
.actions{display:flex;flex-wrap:wrap;align-items:center;gap:10px 18px}
.button{border:1px solid transparent;cursor:pointer;font:inherit;display:inline-flex;align-items:center;justify-content:center;min-height:46px;padding:0 22px;border-radius:10px;background:var(--accent);color:var(--on-accent);font-weight:600;text-decoration:none}
.quiet{background:none;border-color:var(--soft);color:var(--ink)}
.button:focus-visible{outline:3px solid var(--ink);outline-offset:3px}
small{display:block;margin-top:26px;color:var(--soft);font-size:.8rem;overflow-wrap:anywhere}
`;

/** The configured colour is used in both schemes. The text on it is black or white, whichever is easier to read. */
const styleOf = ({ color }: Look) =>
  color
    ? `${baseStyle}:root{--accent:${color};--on-accent:${textOn(color)}}@media(prefers-color-scheme:dark){:root{--accent:${color};--on-accent:${textOn(color)}}}\n`
    : baseStyle;

/** By the relative luminance of WCAG 2.2: above 0.179, black has the higher contrast. Either has at least 4.5 : 1. */
export function textOn(color: string): '#000' | '#fff' {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000' : '#fff';
}

const hashOf = (inline: string) =>
  `'sha256-${createHash('sha256').update(inline).digest('base64')}'`;

export function document(view: Document): HttpAnswer {
  const { status, language, look, page, requestId, actions, policy = {} } = view;
  const { [page]: told, request } = sentences(language);
  const style = styleOf(look);
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-language': language,
      'content-security-policy': [
        "default-src 'none'",
        `style-src ${hashOf(style)}`,
        `img-src ${look.logo?.startsWith('/') ? "'self' " : ''}data:`,
        "base-uri 'none'",
        `form-action ${policy.formAction ?? "'none'"}`,
        "frame-ancestors 'none'",
        ...(policy.script ? [`script-src ${hashOf(policy.script)}`] : []),
      ].join('; '),
      vary: 'Cookie, Accept-Language',
    },
    body: `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html([told.title, ...(look.name ? [look.name] : [])].join(' - '))}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main>
${brand(look)}<h1>${html(told.title)}</h1>
<p>${html(told.text)}</p>
<div class="actions">
${actions}
</div>
<small>${html(request)} ${html(requestId)}</small>
</main>
</body>
</html>
`,
  };
}

function brand({ name, logo }: Look): string {
  if (!name && !logo) return '';
  const image = logo ? `<img src="${html(logo)}" alt="">` : '';
  return `<div class="brand">${image}${name ? `<span>${html(name)}</span>` : ''}</div>\n`;
}

/** The first link is the one that most people want. */
export const links = (...all: [label: string, href: string][]): string =>
  all
    .map(
      ([label, href], at) =>
        `<a class="button${at === 0 ? '' : ' quiet'}" href="${html(href)}">${html(label)}</a>`,
    )
    .join('\n');

export const html = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
