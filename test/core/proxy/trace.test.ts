import { expect, test } from 'vitest';
import { traceOf } from '#core/proxy/trace.ts';

const random = (size: number) => new Uint8Array(size).fill(0xab);
const given = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

test('a trace of the caller goes on as it came', () => {
  expect(traceOf(random, given)).toEqual({
    traceparent: given,
    id: '0af7651916cd43dd8448eb211c80319c',
  });
});

test.each([
  undefined,
  '',
  given.toUpperCase(),
  `${given}, ${given}`,
  `${given}-extra`,
  '00-00000000000000000000000000000000-b7ad6b7169203331-01',
  '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
  'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
])('a new one begins for %j', (header) => {
  const id = 'ab'.repeat(16);
  expect(traceOf(random, header)).toEqual({ traceparent: `00-${id}-${'ab'.repeat(8)}-00`, id });
});
