// A TSDoc comment: its sentences, and its default.
import type { Source } from './exports.ts';

export interface Doc {
  text: string;
  /** What `@default x` or the sentence `Default: x.` says. */
  default?: string;
}

/** The comment right above what begins at `start`. */
export function docBefore(
  { text, comments }: Pick<Source, 'text' | 'comments'>,
  start: number,
): Doc {
  const comment = comments.findLast(
    ({ type, value, end }) =>
      type === 'Block' &&
      value.startsWith('*') &&
      end <= start &&
      text.slice(end, start).trim() === '',
  );
  return comment ? docOf(comment.value) : { text: '' };
}

export function docOf(comment: string): Doc {
  const lines = comment
    .slice(1)
    .split('\n')
    .map((line) => line.replace(/^\s*\*? ?/, '').trimEnd());
  const whole = lines.join(' ').trim();
  const [sentences = '', tag] = whole.split(/\s*@default\s+/);
  if (tag !== undefined) return { text: sentences, default: tag.replace(/^- |\.$/g, '') };
  const [said, ending] = defaultSentence.exec(sentences)?.slice(0, 2) ?? [];
  if (said === undefined || ending === undefined) return { text: sentences };
  return { text: sentences.replace(said, '').trim(), default: ending };
}

/** A dot within a number, a name or a path does not end it. */
const defaultSentence = /(?:^|(?<=\s))Default(?: and maximum)?: ((?:[^.]|\.(?=\S))+)\.(?=\s|$)\s*/;
