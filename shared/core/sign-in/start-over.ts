// Starts a sign-in over when its key was taken out meanwhile: the code is bound to that key, and lost with it. A new
// sign-in begins at once. The authorization server still knows the user, who notices nothing.
import type { RequestContext } from '#core/broker.ts';
import { KeyDisabled } from '#core/dpop/signing.ts';
import { type Begun, beginSignIn } from './begin.ts';
import type { LoginParameters } from './parameters.ts';
import type { TransactionContent } from './transaction.ts';

/** Returns undefined for any other fault, and for a sign-in that has started over before: it has failed. */
export async function startOver(
  context: RequestContext,
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
    const begun = await beginSignIn(context, login, previous, true);
    context.log('login.started_over');
    return begun;
  } catch {
    return undefined;
  }
}
