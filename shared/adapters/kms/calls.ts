// Calls that administer keys. A failure tells whether KMS refused, or whether the result is unknown.
import { KeyAdminError } from '#core/keys/operator.ts';

type Otherwise<T> = (cause: unknown) => { value: T } | undefined;

/** `otherwise` gives the result for some refusals. */
export async function callKms<T, U = never>(
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

export const whenRefusedWith =
  <U>(names: readonly string[], value: U): Otherwise<U> =>
  (cause) =>
    cause instanceof Error && names.includes(cause.name) ? { value } : undefined;

/** KMS answered with a client error, so nothing was done. After any other failure it may have been done. */
function isRefusal(cause: unknown): boolean {
  const status = (cause as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return status !== undefined && status >= 400 && status < 500;
}
