// The counts of the bill are those of the product, and the documents print the bill that they make.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { root } from '#infra/bundle.ts';
import { billOf, sumOf } from '#infra/cost/bill.ts';
import { type Measured, measure } from '#infra/cost/measure.ts';
import type { Algorithm } from '#infra/cost/month.ts';
import { pricesIn } from '#infra/cost/prices.ts';
import { reportOf } from '#infra/cost/report.ts';
import { caseOf } from '#infra/cost/run.ts';
import { type Fixed, fixedOf } from '#infra/cost/stack.ts';
import { running } from '#test/support/running.ts';

const run = running();
const counted = {} as Record<Algorithm, Measured>;
let fixed: Fixed;
beforeAll(async () => {
  fixed = await fixedOf({});
  counted.ES256 = await measure('ECC_NIST_P256');
  counted.RS256 = await measure('RSA_2048');
}, 240_000);

const given = (alg: Algorithm) =>
  caseOf(
    { alg, calls: 1_000_000, upstreamMs: 100, answerBytes: 10_000, front: 'http' },
    counted[alg],
    fixed,
  );

describe('what is counted for the bill', () => {
  test('is one read, one signature and no write for a call', () => {
    expect(counted.ES256.call).toMatchObject({
      readUnits: 1,
      writeUnits: 0,
      proofs: 1,
      assertions: 0,
      otherKeyRequests: 0,
    });
  });

  test('is what the table and the keys were asked in a journey', async () => {
    await run.signedIn();
    const ada = run.someone();
    const signIn = await run.asked(() => ada.signIn('ada'));
    expect(counted.ES256.signIn.proofs + counted.ES256.signIn.assertions).toBe(signIn.signatures);
    // A sign-in writes small items, one unit each, and one session with its entries in indexes.
    expect(counted.ES256.signIn.writeUnits).toBeGreaterThan(signIn.writes);
    const look = await run.asked(() => ada.fetch('/bff/session'));
    expect(counted.ES256.session.readUnits).toBe(look.reads);
    const signOut = await run.asked(() => ada.fetch('/bff/logout', { method: 'POST' }));
    const { proofs, assertions } = counted.ES256.signOut;
    expect(proofs + assertions).toBe(signOut.signatures);
  });

  test('a renewal of a token that is over costs one assertion and the proof for it', () => {
    expect(counted.ES256.renewal).toMatchObject({ proofs: 1, assertions: 1 });
  });

  test('is the same for both algorithms, but for the bytes of the proof', () => {
    for (const activity of ['call', 'signIn', 'renewal', 'session', 'signOut'] as const) {
      const { bytesUpstream: _, logBytes: __, ...ec } = counted.ES256[activity];
      expect(counted.RS256[activity]).toMatchObject(ec);
    }
    // A key of 256 bytes in the header for one of 64, a signature of 256 for one of 64, both in base64url.
    const more = counted.RS256.call.bytesUpstream - counted.ES256.call.bytesUpstream;
    expect(more).toBeGreaterThan(400);
    expect(more).toBeLessThan(700);
  });
});

describe('docs/costs.md', () => {
  const page = readFileSync(join(root, 'docs/costs.md'), 'utf8');

  test.each(['ES256', 'RS256'] as const)('prints the bill of a million calls with %s', (alg) => {
    const lines = billOf(given(alg), pricesIn('us-east-1'));
    const report = { region: 'us-east-1', given: given(alg), lines, levers: [] } as const;
    const [head = ''] = reportOf(report).split('\n');
    expect(page).toContain(head);
    const printed = page.slice(page.indexOf(head)).split('\nLevers')[0] ?? '';
    const rows = [...printed.matchAll(/^\| ([\w -]+?) +\| ([^|]+?) +\| [^|]+ \| \$([\d.,]+) /gm)];
    expect(rows.map(([, service, what]) => [service, what])).toEqual(
      lines.map(({ service, what }) => [service, what]),
    );
    // A line of a log has digits more or less; cents are rounded.
    for (const [index, [, , what, usd]] of rows.entries()) {
      expect(Math.abs(Number(usd) - (lines[index]?.usd ?? 0)), what).toBeLessThan(
        0.011 + 0.03 * Number(usd),
      );
    }
    const [, sum = ''] = /\*\*sum\*\*[ |]+\*\*\$([\d.]+)/.exec(printed) ?? [];
    expect(Number(sum) / sumOf(lines)).toBeCloseTo(1, 1);
  });
});
