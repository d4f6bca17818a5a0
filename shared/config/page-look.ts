// The look of the broker's own pages. Whatever is set here ends up in their markup, style and policy.
import * as z from 'zod/mini';

/** The configuration is an environment variable, and a function has 4 kB for all of them. */
const mostCharacters = 1_500;

const ownPath = /^\/(?!bff(?:\/|$))[\w.~-][\w.~/-]*$/i;
const image = /^data:image\/(?:svg\+xml|png)[;,][\x21-\x7e]+$/;

export const pageLook = z.strictObject({
  name: z.optional(
    z.string().check(z.regex(/^[^\p{C}]{1,60}$/u, 'must be 1 to 60 printable characters')),
  ),
  logo: z.optional(
    z
      .string()
      .check(
        z.refine(
          (text) => text.length <= mostCharacters && (ownPath.test(text) || image.test(text)),
          `must be a path of the application, or a data: URL of an SVG or PNG, of at most ${mostCharacters} characters`,
        ),
      ),
  ),
  color: z.optional(
    z.string().check(z.regex(/^#[0-9a-f]{6}$/i, 'must be a colour such as #2f5bd7')),
  ),
});
