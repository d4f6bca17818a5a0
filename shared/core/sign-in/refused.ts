// Why a callback does not sign anybody in: a code for the page, and a reason for the log.
import { BrokerError } from '#core/errors.ts';
import { IssuerError } from '#core/issuer/issuer.ts';
import { type RegisteredError, registeredError } from '#core/issuer/oauth-error.ts';
import { errorName, type Plain, PlainError, plain } from '#core/lib/plain.ts';

export class SignInRefused extends PlainError {
  readonly code: RegisteredError | 'login_failed';
  constructor(code: SignInRefused['code'], reason: Plain) {
    super(reason);
    this.code = code;
  }
}

/** Passes on registered error codes only: any other `error` could hold anybody's text. */
export const publicCode = (error: string): SignInRefused['code'] =>
  registeredError(error) ?? 'login_failed';

export function refusalOf(fault: unknown): Pick<SignInRefused, 'code' | 'reason'> {
  if (fault instanceof SignInRefused) return fault;
  if (fault instanceof BrokerError) return { code: 'login_failed', reason: plain(fault.code) };
  if (fault instanceof IssuerError) return { code: 'login_failed', reason: fault.reason };
  return { code: 'login_failed', reason: errorName(fault) };
}
