// Ends the process once: on Ctrl-C or a signal, or when its parent is gone. A second Ctrl-C does not wait.

const graceMs = 5_000;

/** Never returns: it ends the process after `close`. */
export function untilStopped(close: () => Promise<void>): Promise<never> {
  return new Promise<never>(() => {
    let stoppedAt: number | undefined;
    const stop = () => {
      if (stoppedAt !== undefined) {
        // One Ctrl-C arrives twice: from the terminal, and passed on by the launcher.
        if (Date.now() - stoppedAt > 300) process.exit(130);
        return;
      }
      stoppedAt = Date.now();
      setTimeout(() => process.exit(130), graceMs).unref();
      close().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
    // Whoever read our output is gone.
    process.stdout.on('error', stop);
    const parent = process.ppid;
    setInterval(() => process.ppid !== parent && stop(), 500).unref();
  });
}
