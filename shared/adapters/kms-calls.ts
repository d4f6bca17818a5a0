// Calls that administer keys: what KMS refused, and what nobody knows whether it was done.
import { KeyAdminError } from '../core/keys/operator.ts';

type Otherwise<T> = (cause: unknown) => { value: T } | undefined;

/** `unless` gives some refusals a value. */
export async function ask<T, U = never>(
  operation: string,
  call: Promise<T>,
  otherwise: Otherwise<U> = () => undefined,
): Promise<T | U> {
  try {
    return await call;
  } catch (cause) {
    const instead = otherwise(cause);
    if (instead) return instead.value;
    throw new KeyAdminError(operation, cause, isRefusal(cause));
  }
}

export const unless =
  <U>(names: readonly string[], value: U): Otherwise<U> =>
  (cause) =>
    cause instanceof Error && names.includes(cause.name) ? { value } : undefined;

/** KMS answered with a client error: nothing was done. Anything else may have been done. */
function isRefusal(cause: unknown): boolean {
  const status = (cause as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return status !== undefined && status >= 400 && status < 500;
}
