// Okta's rate-limit headers: one bucket per API, client and user, with a window of one minute.

import type { OktaSettings } from '#infra/local/okta/options.ts';
import type { Access } from './access.ts';

export interface RateLimits {
  count(
    access: Pick<Access, 'clientId' | 'person'>,
    path: string,
  ): { allowed: boolean; headers: Record<string, string> };
}

const windowMs = 60_000;

export function rateLimits(settings: Pick<OktaSettings, 'clock' | 'rateLimit'>): RateLimits {
  const buckets = new Map<string, { used: number; resetAt: number }>();
  return {
    count({ clientId, person }, path) {
      const key = `${clientId} ${person.id} ${path.split('/').slice(0, 4).join('/')}`;
      const now = settings.clock();
      const limit = settings.rateLimit;
      let bucket = buckets.get(key);
      if (!bucket || bucket.resetAt <= now) bucket = { used: 0, resetAt: now + windowMs };
      bucket.used += 1;
      buckets.set(key, bucket);
      return {
        allowed: bucket.used <= limit,
        headers: {
          'x-rate-limit-limit': String(limit),
          'x-rate-limit-remaining': String(Math.max(0, limit - bucket.used)),
          'x-rate-limit-reset': String(Math.ceil(bucket.resetAt / 1000)),
        },
      };
    },
  };
}
