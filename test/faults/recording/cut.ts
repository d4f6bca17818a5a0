// Takes what was recorded so far out of a recording that goes on.
import type { Recording } from './recording.ts';

export function cut(recording: Recording): Recording {
  const { secrets, ...lists } = recording;
  const taken = Object.entries(lists).map(([name, list]) => [name, list.splice(0)]);
  return { ...Object.fromEntries(taken), secrets };
}
