// What a start has begun, so that all of it can be ended, whether everything came up or only some of it.

interface Part {
  close(): Promise<void>;
}

export function startedParts() {
  const parts: Promise<Part>[] = [];
  return {
    add<Own extends Part>(part: Promise<Own>): Promise<Own> {
      parts.push(part);
      // Whoever awaits it hears of its failure; nobody else has to.
      part.catch(() => {});
      return part;
    },
    async close() {
      const up = await Promise.allSettled(parts.splice(0).reverse());
      await Promise.all(up.map((part) => part.status === 'fulfilled' && part.value.close()));
    },
  };
}
