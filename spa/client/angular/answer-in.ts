// An answer again, from Angular's error.
import type { HttpErrorResponse } from '@angular/common/http';

/** Whatever its responseType was. */
export function answerIn({ error, status, headers }: HttpErrorResponse) {
  const raw = typeof error === 'string' || error instanceof Blob || error instanceof ArrayBuffer;
  const lines = headers.keys().map((name): [string, string] => [name, headers.get(name) ?? '']);
  return new Response(raw ? error : JSON.stringify(error), { status, headers: lines });
}
