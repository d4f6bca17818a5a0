// A queue between a socket that pushes and a reader that pulls. It holds a limited number of bytes.

const enoughBytes = 256 * 1024;

export interface ByteQueue {
  body: AsyncIterable<Buffer>;
  push(chunk: Buffer): void;
  end(): void;
  fail(error: Error): void;
}

interface Source {
  pause(): void;
  resume(): void;
  /** The reader left before the end. */
  left(): void;
}

export function byteQueue({ pause, resume, left }: Source): ByteQueue {
  const chunks: Buffer[] = [];
  let held = 0;
  let paused = false;
  let over: { error?: Error } | undefined;
  let wake: (() => void) | undefined;
  const stir = () => {
    wake?.();
    wake = undefined;
  };

  async function* read(): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        const chunk = chunks.shift();
        if (chunk) {
          held -= chunk.length;
          yield chunk;
        } else if (over) {
          if (over.error) throw over.error;
          return;
        } else {
          const more = new Promise<void>((resolve) => {
            wake = resolve;
          });
          if (paused) {
            paused = false;
            resume();
          }
          await more;
        }
      }
    } finally {
      if (!over) left();
    }
  }

  return {
    body: read(),
    push(chunk) {
      chunks.push(chunk);
      held += chunk.length;
      if (held >= enoughBytes && !paused) {
        paused = true;
        pause();
      }
      stir();
    },
    end() {
      over ??= {};
      stir();
    },
    fail(error) {
      over ??= { error };
      stir();
    },
  };
}
