// CloudFront passes a request on, with the origin's secret; or somebody goes around it, without. What the function that admits
// only CloudFront makes of that is asked of the function itself: the local gateway is CloudFront, too.

import { originHeader } from '#shared/config/environment.ts';
import type { Exchange } from '#test/faults/recording/recording.ts';
import { clientSecret } from '#test/faults/world/configuration.ts';
import type { Company } from './company.ts';

export async function pass(
  { world, recorder }: Company,
  act: 'origin' | 'around_origin',
): Promise<Exchange> {
  const secret = act === 'origin' ? clientSecret : 'a-guess';
  const asked = { act, user: 'the edge', method: 'GET', path: '/bff/health' } as const;
  const { exchange } = await recorder.exchange(asked, async () => {
    const event = JSON.stringify({ headers: { [originHeader]: secret } });
    const outcome = await world.system.gateway.functions().invoke('authorizer', event);
    if (outcome.kind !== 'done') return { status: 500, headers: {}, text: '' };
    const { isAuthorized } = JSON.parse(outcome.payload) as { isAuthorized: boolean };
    return { status: isAuthorized ? 200 : 403, headers: {}, text: '' };
  });
  return exchange;
}
