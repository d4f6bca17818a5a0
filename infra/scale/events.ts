// A discrete-event simulation: a clock, and what happens when. No real time passes.

export interface Simulation {
  /** Seconds since the beginning. */
  now(): number;
  after(seconds: number, what: () => void): void;
  /** Everything that happens before `until`. */
  run(until: number): void;
}

interface Happening {
  at: number;
  order: number;
  what: () => void;
}

export function simulation(): Simulation {
  const heap: Happening[] = [];
  let now = 0;
  let order = 0;
  return {
    now: () => now,
    after(seconds, what) {
      push(heap, { at: now + seconds, order: order++, what });
    },
    run(until) {
      for (let next = heap[0]; next && next.at < until; next = heap[0]) {
        pop(heap);
        now = next.at;
        next.what();
      }
      now = until;
    },
  };
}

const isSooner = (a: Happening, b: Happening) =>
  a.at < b.at || (a.at === b.at && a.order < b.order);

function push(heap: Happening[], one: Happening): void {
  let at = heap.push(one) - 1;
  while (at > 0) {
    const above = (at - 1) >> 1;
    const parent = heap[above] as Happening;
    if (!isSooner(one, parent)) break;
    heap[at] = parent;
    at = above;
  }
  heap[at] = one;
}

function pop(heap: Happening[]): void {
  const last = heap.pop();
  if (!last || heap.length === 0) return;
  let at = 0;
  for (;;) {
    const [left, right] = [2 * at + 1, 2 * at + 2];
    let least = last;
    let down = at;
    for (const child of [left, right]) {
      const other = heap[child];
      if (other && isSooner(other, least)) [least, down] = [other, child];
    }
    if (down === at) break;
    heap[at] = least;
    at = down;
  }
  heap[at] = last;
}
