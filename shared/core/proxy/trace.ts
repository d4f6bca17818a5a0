// W3C Trace Context: continues the caller's traceparent, or begins a new trace.
import { type Plain, plain } from '#core/lib/plain.ts';
import type { RandomBytes } from '#core/ports.ts';

const form = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

export interface Trace {
  traceparent: string;
  id: Plain;
}

export function traceOf(random: RandomBytes, given: string | undefined): Trace {
  const id = given === undefined ? undefined : form.exec(given)?.[1];
  if (given !== undefined && id !== undefined) return { traceparent: given, id: plain(id) };
  const bytes = Buffer.from(random(24)).toString('hex');
  return {
    traceparent: `00-${bytes.slice(0, 32)}-${bytes.slice(32)}-00`,
    id: plain(bytes.slice(0, 32)),
  };
}
