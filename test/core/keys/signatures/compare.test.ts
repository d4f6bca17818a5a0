// When the comparison begins, and over which keys it goes.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { metricsNamespace } from '#core/events.ts';
import { keyName } from '#core/keys/find-key.ts';
import { hourlyWork } from '#core/keys/hourly.ts';
import { compareSignatures, type SignatureLine } from '#core/keys/signatures/compare.ts';
import { type Bench, bench, home, type TestOperator } from '../operator-for-tests.ts';

let b: Bench;
beforeAll(async () => {
  b = await bench();
});
afterAll(() => b?.close());

const tend = (op: TestOperator) => hourlyWork(op, { driver: 'tend', by: 'test', reason: 'test' });
const compared = async (op: TestOperator, hours = 1) =>
  (await compareSignatures(op, { hours })) as { code: string; signatures: SignatureLine[] };

/** As the function does at the end of an event. */
function report(op: TestOperator) {
  const at = b.now();
  for (const { id, signed } of op.signatures.due()) {
    const dimensions = { service: 'acme', key: keyName(id), region: home };
    const name = 'signatures.counted';
    b.cloudwatch.metrics.put([
      { region: home, namespace: metricsNamespace, name, dimensions, value: signed, at },
    ]);
  }
}

test('what was signed before anybody counted is nobody’s, and the beginning is never forgotten', async () => {
  const op = await b.operator();
  const { sign } = await op.signer.key(op.firstKeys.dpop);
  for (let n = 0; n < 50; n++) await sign(Buffer.from('a version that does not count'));
  op.signatures.due();
  expect(await compared(op)).toMatchObject({ status: 'refused', code: 'not_counted_yet' });
  b.pass(600);
  await tend(op);
  expect(await compared(op)).toMatchObject({ code: 'not_counted_yet' });
  const { countedSince } = await op.rings.read('dpop');
  expect(countedSince).toBe(Math.floor(b.now() / 1000));

  b.pass(3600);
  await op.rotated();
  report(op);
  b.pass(3600);
  await tend(op);
  expect((await op.rings.read('dpop')).countedSince).toBe(countedSince);
  const { signatures } = await compared(op, 24);
  // The new key proved twice that it signs, and the first 50 signatures of the other are too old to count.
  const first = keyName(op.firstKeys.dpop);
  const lines = signatures.map(({ key, kms, signed, finding }) => [
    key === first,
    kms,
    signed,
    finding,
  ]);
  expect(lines.sort()).toEqual([
    [false, 2, 2, 'balanced'],
    [true, 0, 0, 'balanced'],
  ]);
  expect(op.events.filter(({ name }) => name === 'signatures.foreign')).toEqual([]);
});

test('a key that was taken out is still watched', async () => {
  const op = await b.operator();
  await tend(op);
  b.pass(3600);
  await op.rotated();
  report(op);
  const ring = await op.rings.read('dpop');
  const [oldest] = ring.keys;
  if (!oldest) throw new Error('no key');
  const { sign } = await op.signer.key(oldest.id);
  for (let n = 0; n < 20; n++) await sign(Buffer.from('somebody else'));
  // Nobody of us counts these.
  op.signatures.due();
  await op.admin.disable(oldest.id);
  b.pass(1_800);
  await tend(op);
  const found = op.events.filter(({ name }) => name === 'signatures.foreign');
  expect(found.map(({ fields }) => [fields.key, fields.foreign])).toContainEqual([
    keyName(oldest.id),
    20,
  ]);
});
