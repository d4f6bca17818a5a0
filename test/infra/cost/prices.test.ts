// Where each price is from: a reader can look it up, and is told which of them nobody has.
import { describe, expect, test } from 'vitest';
import { listedIn, pricedRegions } from '#infra/cost/prices.ts';
import { runCost } from '#infra/cost/run.ts';

describe.each(pricedRegions)('%s', (region) => {
  test('every price has an address at AWS, and a day that has been', () => {
    for (const { name, usd, day = '2026-01-01', addresses } of listedIn(region)) {
      expect(usd, name).toBeGreaterThan(0);
      expect(Date.parse(day), name).toBeLessThan(Date.now());
      for (const address of addresses) {
        expect(address).toMatch(/^https:\/\/(aws|pricing\.us-east-1)\.amazon(aws)?\.com\//);
      }
    }
  });

  test('--prices prints each with its day, or says that nobody has seen it', async () => {
    const written: string[] = [];
    await runCost(['--region', region, '--prices'], (text) => written.push(text));
    const lines = written.join('').split('\n');
    for (const { name, usd, day = '**unchecked**', addresses } of listedIn(region)) {
      const cells = lines.find((line) => line.startsWith(`| ${name} `))?.split(/ *\| */);
      expect(cells).toEqual(expect.arrayContaining([name, String(usd), day, addresses[0]]));
    }
  });
});

test('the list of a Region is addressed by its name, and that of CloudFront by none', () => {
  const at = (name: string) => listedIn('eu-west-1').find((one) => one.name === name)?.addresses[0];
  const lists = 'https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws';
  expect(at('millionWriteUnits')).toBe(`${lists}/AmazonDynamoDB/current/eu-west-1/index.json`);
  expect(at('gigabyteToOrigin')).toBe(`${lists}/AmazonCloudFront/current/index.json`);
});

test('as JSON, too', async () => {
  const written: string[] = [];
  await runCost(['--prices', '--json'], (text) => written.push(text));
  expect(JSON.parse(written.join(''))).toEqual(listedIn('us-east-1'));
});
