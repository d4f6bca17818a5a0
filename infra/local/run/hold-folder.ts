// Only one run at a time may keep its data in a folder: two would damage the table.
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

export class FolderInUse extends Error {
  override name = 'FolderInUse';
  constructor(folder: string, pid: number) {
    super(`${folder} is in use by another run (process ${pid})`);
  }
}

/** Returns a function that releases it. A run that died holds nothing. */
export async function holdFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, 'run.pid');
  for (let tries = 0; ; tries += 1) {
    try {
      const handle = await open(file, 'wx', 0o600);
      await handle.writeFile(String(process.pid));
      await handle.close();
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || tries > 1) throw error;
      const pid = Number(await readFile(file, 'utf8').catch(() => ''));
      if (pid && isAlive(pid)) throw new FolderInUse(folder, pid);
      await rm(file, { force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
