// The same text with comments and the contents of strings blanked: what remains, in its place, is code. It is not a
// parser. An apostrophe in JSX text may hide the rest of its line, never more: an edit is then left out, but none is wrong.

export function mask(text: string): string {
  // By code units, as positions in strings count: a character of two keeps both places.
  const out = text.split('');
  const blank = (from: number, to: number) => {
    for (let at = from; at < to; at++) if (out[at] !== '\n') out[at] = ' ';
  };
  let at = 0;
  /** Where the code of each `${` ends. */
  const templates: number[] = [];
  let depth = 0;
  while (at < text.length) {
    const two = text.slice(at, at + 2);
    const one = text[at] ?? '';
    if (two === '//' && text[at - 1] !== ':') at = skip(text.indexOf('\n', at), 0);
    else if (two === '/*') at = skip(text.indexOf('*/', at), 2);
    else if (one === '"' || one === "'") at = quoted(one);
    else if (one === '`') at = template(at + 1);
    else if (one === '{') {
      depth++;
      at++;
    } else if (one === '}') {
      if (templates.at(-1) === depth) {
        templates.pop();
        at = template(at + 1);
      } else at++;
      depth--;
    } else at++;
  }
  return out.join('');

  /** Blanks a comment that ends at `end`, which may be missing. */
  function skip(end: number, length: number): number {
    const to = end < 0 ? text.length : end + length;
    blank(at, to);
    return to;
  }

  function quoted(quote: string): number {
    for (let end = at + 1; end < text.length && text[end] !== '\n'; end++) {
      if (text[end] === '\\') end++;
      else if (text[end] === quote) {
        blank(at + 1, end);
        return end + 1;
      }
    }
    return at + 1;
  }

  /** The text of a template from `from`, up to its end or to the next `${`, whose code is kept. */
  function template(from: number): number {
    for (let end = from; end < text.length; end++) {
      if (text[end] === '\\') end++;
      else if (text[end] === '`') {
        blank(from, end);
        return end + 1;
      } else if (text[end] === '$' && text[end + 1] === '{') {
        blank(from, end);
        depth++;
        templates.push(depth);
        return end + 2;
      }
    }
    blank(from, text.length);
    return text.length;
  }
}

const closing: Record<string, string> = { '(': ')', '{': '}', '[': ']' };

/** The position behind the bracket that closes the one at `open`, or undefined. */
export function behind(masked: string, open: number): number | undefined {
  const wanted: string[] = [];
  for (let at = open; at < masked.length; at++) {
    const sign = masked[at] ?? '';
    if (closing[sign]) wanted.push(closing[sign]);
    else if (/[)}\]]/.test(sign)) {
      if (wanted.pop() !== sign) return undefined;
      if (wanted.length === 0) return at + 1;
    }
  }
  return undefined;
}
