// Tells whether a value that was opened or received has the fields of a type. Hand-made, because a session is opened at
// every call.

/** One check for each field: a type that grows does not compile without another. */
export type Shape<T> = { readonly [K in keyof T]-?: (value: unknown) => boolean };

/** Fields that the shape does not name are allowed: a later version may have written them. */
export function hasShape<T>(value: unknown, shape: Shape<T>): value is T {
  if (!isRecord(value)) return false;
  for (const name in shape) if (!shape[name](value[name])) return false;
  return true;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isString = (value: unknown): value is string => typeof value === 'string';
export const isNumber = (value: unknown): value is number => typeof value === 'number';
export const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';

export const optional =
  (check: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || check(value);
