// The broker's cookies among those of a request. No other cookie is passed on, and none is left out: when two have the
// same name, the broker refuses both.
const names = ['__Host-Http-bff', '__Host-bff-device'];

export const ourCookies = (header: string | undefined): string =>
  (header ?? '')
    .split(';')
    .map(trimmed)
    .filter((pair) => names.includes(trimmed(pair.replace(/=.*/s, ''))))
    .join('; ');

/** Only SP and HTAB may stand around a name. Any other white space belongs to it, and makes it another cookie's. */
function trimmed(text: string): string {
  const isSpace = (at: number) => text[at] === ' ' || text[at] === '\t';
  let [from, to] = [0, text.length];
  while (from < to && isSpace(from)) from += 1;
  while (from < to && isSpace(to - 1)) to -= 1;
  return text.slice(from, to);
}
