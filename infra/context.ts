// The broker's configuration in the CDK context: the object `bff`, and its single fields, which -c gives as text and
// which take precedence. Used by `cdk` and by the doctor.
import { configFields } from '#shared/config/schema.ts';

export type Context = (name: string) => unknown;

/** Not validated yet. `faults` are mistakes in the context itself. */
export function configOf(context: Context): { config: Record<string, unknown>; faults: string[] } {
  const { fields, faults } = merged(context, 'bff', configFields);
  const config = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, meant(name, value)]),
  );
  return { config, faults };
}

/** An object of the context, with fields of it that are given separately on top. */
export function merged(
  context: Context,
  object: string,
  names: readonly string[],
): { fields: Record<string, unknown>; faults: string[] } {
  const whole = objectOf(context(object) ?? {});
  const single = names
    .map((name) => [name, context(name)] as const)
    .filter(([, value]) => value !== undefined);
  return {
    fields: { ...whole, ...Object.fromEntries(single) },
    faults: whole ? [] : [`${object}: must be an object`],
  };
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  const parsed = typeof value === 'string' ? fromText(value) : value;
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    ? { ...parsed }
    : undefined;
}

function meant(name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (/^\s*(?:[[{]|(?:true|false)\s*$)/.test(value)) return fromText(value);
  return name === 'scopes' ? value.split(/[\s,]+/).filter(Boolean) : value;
}

/** Parses text that is JSON; other text stays as it is. */
export function fromText(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
