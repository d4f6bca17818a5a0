// In the copy of the sources each mutant stands beside its original. This tells a process which of the two it runs, and
// writes down which it came by. A file says so, not a variable: the local Lambda gives a function no variables but its own.

export interface Switch {
  /** The mutant that runs; without it all the originals. */
  active?: string;
  /** The file that gets the key of each mutant whose place is reached. */
  reached?: string;
}

export const switchFile = 'mutation-switch.json';

// A bundle for a browser has no file system, and runs the originals.
const fs = globalThis.process?.getBuiltinModule('node:fs');
let set: Switch | undefined;
const seen = new Set<string>();

export function isOn(folder: string, key: string): boolean {
  set ??= JSON.parse(fs?.readFileSync(`${folder}/${switchFile}`, 'utf8') ?? '{}') as Switch;
  if (set.reached && !seen.has(key)) {
    seen.add(key);
    fs?.appendFileSync(set.reached, `${key}\n`);
  }
  return key === set.active;
}
