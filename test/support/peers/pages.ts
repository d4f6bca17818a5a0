// Fills in the pages of servers that we did not write, as their users do.
import type { Answer, Visitor } from '#test/support/visitor.ts';

export interface User {
  username: string;
  password: string;
}

const nameFields = ['username', 'login'];
const passwordField = 'password';

/** Fills in page after page, until the browser is back at `origin` or `until` says stop. */
export async function throughPages(
  visit: Visitor,
  page: Answer,
  origin: string,
  user: User,
  until?: (next: URL) => boolean,
): Promise<Answer> {
  let at = page;
  for (let pages = 0; at.url.origin !== origin && !at.headers.location; pages++) {
    const form = formOf(at);
    if (!form || pages > 6) throw new Error(`no way on: ${at.status} ${at.url.href} ${at.text}`);
    const fields = { ...form.fields };
    for (const name of Object.keys(fields)) {
      if (nameFields.includes(name)) fields[name] = user.username;
      if (name === passwordField) fields[name] = user.password;
    }
    at = await visit.navigate(form.action, {
      from: at.url.origin,
      form: fields,
      ...(until && { until }),
    });
  }
  return at;
}

export const asksForPassword = (page: Answer): boolean =>
  Object.hasOwn(formOf(page)?.fields ?? {}, passwordField);

/** The addresses of the page's frames. */
export const framesOf = ({ text }: Answer): string[] =>
  [...text.matchAll(/<iframe[^>]*?\ssrc="([^"]*)"/g)].map(([, src = '']) => unescaped(src));

/** The first form that is posted, with the first button that it can be sent with. */
export function formOf({ text, url }: Answer) {
  const [form, tag = ''] =
    [...text.matchAll(/<form([^>]*)>[\s\S]*?<\/form>/g)].find(([, tag = '']) =>
      /method="?post/i.test(tag),
    ) ?? [];
  if (form === undefined) return undefined;
  const fields: Record<string, string> = {};
  for (const [, input = ''] of form.matchAll(/<input([^>]*)>/g)) {
    const name = attribute(input, 'name');
    const type = attribute(input, 'type');
    if (name && type !== 'submit' && type !== 'checkbox') fields[name] = attribute(input, 'value');
  }
  // A button may stand outside its form.
  const buttons = [...text.matchAll(/<(?:button|input)([^>]*type="submit"[^>]*)>/g)];
  const [, button = ''] = buttons.find(([, button = '']) => attribute(button, 'name')) ?? [];
  if (button) fields[attribute(button, 'name')] = attribute(button, 'value');
  return { action: new URL(attribute(tag, 'action') || url.href, url).href, fields };
}

const attribute = (tag: string, name: string): string =>
  unescaped(new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(tag)?.[1] ?? '');

const unescaped = (text: string): string =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
