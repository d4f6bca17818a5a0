// What oidc-provider stores, in memory. A rotated refresh token counts as used only after Okta's grace period.
import type { Adapter, AdapterPayload } from 'oidc-provider';

interface Row {
  payload: AdapterPayload;
  deleteAt: number;
  consumedAt?: number;
}

export type Rows = Map<string, Row>;

interface StoreOptions {
  clock: () => number;
  graceSeconds: number;
}

const keepExpiredMs = 60_000;
const sweepEveryMs = 10_000;

/** The servers of one org share sessions; everything else belongs to one server. */
export function adapterOver(
  own: Rows,
  shared: Rows,
  options: StoreOptions,
  client: (id: string) => AdapterPayload | undefined,
): (model: string) => Adapter {
  return (model) => {
    const kept = adapter(model === 'Session' ? shared : own, model, options);
    return model === 'Client' ? { ...kept, find: async (id) => client(id) } : kept;
  };
}

const sweptAt = new WeakMap<Rows, number>();

function sweep(rows: Rows, now: number): void {
  if (now - (sweptAt.get(rows) ?? 0) < sweepEveryMs) return;
  sweptAt.set(rows, now);
  for (const [key, { deleteAt }] of rows) if (deleteAt < now) rows.delete(key);
}

function adapter(rows: Rows, model: string, { clock, graceSeconds }: StoreOptions): Adapter {
  const key = (id: string) => `${model}:${id}`;
  const graceMs = model === 'RefreshToken' ? graceSeconds * 1000 : 0;

  const read = (row: Row | undefined) => {
    if (!row || row.deleteAt < Date.now()) return undefined;
    const used = row.consumedAt !== undefined && clock() - row.consumedAt >= graceMs;
    return { ...row.payload, ...(used ? { consumed: true } : {}) };
  };
  const where = (matches: (payload: AdapterPayload) => boolean) =>
    [...rows].filter(([id, { payload }]) => id.startsWith(`${model}:`) && matches(payload));

  return {
    async upsert(id, payload, expiresIn) {
      const now = Date.now();
      sweep(rows, now);
      const deleteAt = expiresIn
        ? now + expiresIn * 1000 + keepExpiredMs
        : Number.POSITIVE_INFINITY;
      rows.set(key(id), { payload, deleteAt });
    },
    find: async (id) => read(rows.get(key(id))),
    findByUid: async (uid) => read(where((payload) => payload.uid === uid)[0]?.[1]),
    findByUserCode: async () => undefined,
    async consume(id) {
      const row = rows.get(key(id));
      // The first use starts the grace period; later uses do not extend it.
      if (row) row.consumedAt ??= clock();
    },
    async destroy(id) {
      rows.delete(key(id));
    },
    async revokeByGrantId(grantId) {
      for (const [id] of where((payload) => payload.grantId === grantId)) rows.delete(id);
    },
  };
}
