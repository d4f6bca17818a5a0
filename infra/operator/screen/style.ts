// Colour, if the terminal supports it.
import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow';
export type Paint = (style: Style, text: string) => string;

export const plain: Paint = (_style, text) => text;
export const coloured: Paint = (style, text) =>
  // Node before 22.13 has no such option, and also adds colour.
  styleText(style, text, { validateStream: false });

/** NO_COLOR and FORCE_COLOR (no-color.org, force-color.org) take precedence over the kind of stream. */
export function hasColour(
  stream: { isTTY?: boolean },
  env: Record<string, string | undefined> = process.env,
): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return Boolean(stream.isTTY) && env.TERM !== 'dumb';
}
