// Where a broker can be.
import type { Config } from '#shared/config/schema.ts';

/** `home` may be known only at deployment: then it matches no Region in the list. */
export function* replicaFaults({ dpop }: Pick<Config, 'dpop'>, home: string): Iterable<string> {
  const regions = dpop.replicaRegions;
  if (regions.includes(home)) {
    yield `dpop.replicaRegions: the keys are already in ${home}`;
  }
  for (const region of new Set(regions.filter((one, at) => regions.indexOf(one) !== at))) {
    yield `dpop.replicaRegions: ${region} is listed twice`;
  }
}

/** CloudFront and its firewall do not exist in GovCloud and China. */
export const isElsewhere = (region: string): boolean =>
  /^(us-gov|cn|us-iso\w*|eu-isoe)-/.test(region);
