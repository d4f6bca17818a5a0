// The parts that a start has begun, so that all of them can be ended, even if only some came up.

interface Part {
  close(): Promise<void>;
}

export function startedParts() {
  const parts: Promise<Part>[] = [];
  return {
    add<Own extends Part>(part: Promise<Own>): Promise<Own> {
      parts.push(part);
      // Only those who await it need to know of its failure.
      part.catch(() => {});
      return part;
    },
    async close() {
      const up = await Promise.allSettled(parts.splice(0).reverse());
      await Promise.all(up.map((part) => part.status === 'fulfilled' && part.value.close()));
    },
  };
}
