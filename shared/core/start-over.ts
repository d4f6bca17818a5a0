// A sign-in whose key was taken out while it was on its way: the code is bound to that key, and lost with it. Another one
// begins at once; the authorization server still knows the user, who notices nothing.
import type { Broker } from './broker.ts';
import type { LoginParameters } from './login-parameters.ts';
import { KeyDisabled } from './pinned-signer.ts';
import { type Begun, beginSignIn, type TransactionContent } from './sign-in.ts';

/** Undefined when that was not the fault, or it happened before: the sign-in has failed. */
export async function startOver(
  broker: Broker,
  { returnTo, maxAge, acrValues, previous, startedOver: already }: TransactionContent,
  fault: unknown,
): Promise<Begun | undefined> {
  if (already || !(fault instanceof KeyDisabled)) return undefined;
  const login: LoginParameters = {
    returnTo,
    passedOn: {
      ...(maxAge !== undefined && { max_age: String(maxAge) }),
      ...(acrValues !== undefined && { acr_values: acrValues }),
    },
    byIssuer: false,
    ...(maxAge !== undefined && { maxAge }),
    ...(acrValues !== undefined && { acrValues }),
  };
  try {
    const begun = await beginSignIn(broker, login, previous, true);
    broker.log('login.started_over');
    return begun;
  } catch {
    return undefined;
  }
}
