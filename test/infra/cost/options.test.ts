import { describe, expect, test, vi } from 'vitest';
import { readOptions } from '#infra/cost/options.ts';
import { runCost } from '#infra/cost/run.ts';

test('without flags it is a million calls, ES256, in us-east-1', () => {
  expect(readOptions([])).toEqual({
    calls: 1_000_000,
    alg: 'ES256',
    region: 'us-east-1',
    front: 'http',
    upstreamMs: 100,
    answerBytes: 10_000,
    prices: false,
    json: false,
  });
});

describe('a mistake is one line that names what is known', () => {
  test.each([
    [
      ['--region', 'eu-central-2'],
      /^--region eu-central-2: there are prices for us-east-1, us-west-2, eu-central-1, .* did you mean eu-central-1\?$/,
    ],
    [['--region', 'toString'], /^--region toString: there are prices for/],
    [['--alg', 'EdDSA'], /^--alg EdDSA: must be ES256 or RS256$/],
    [['--front', 'soap'], /^--front soap: must be http or rest$/],
    [['--calls', '1e7'], /^--calls 1e7: must be a whole number from 1 on$/],
    [['--calls', '0'], /^--calls 0: must be a whole number from 1 on$/],
    [['--call', '5'], /Unknown option '--call'.*; see --help$/],
  ])('%j', (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });

  test('the command ends with 2 and prints no bill', async () => {
    const complained = vi.spyOn(console, 'error').mockImplementation(() => {});
    const written: string[] = [];
    expect(await runCost(['--region', 'mars-1'], (text) => written.push(text))).toBe(2);
    expect(complained).toHaveBeenCalledWith(expect.stringMatching(/^error: --region mars-1/));
    expect(written).toEqual([]);
    complained.mockRestore();
  });
});

test('--help names every flag, and nothing is run', async () => {
  const written: string[] = [];
  expect(await runCost(['--help'], (text) => written.push(text))).toBe(0);
  for (const flag of [
    'calls',
    'alg',
    'region',
    'front',
    'upstream-ms',
    'answer-bytes',
    'prices',
    'json',
  ]) {
    expect(written.join()).toContain(`--${flag}`);
  }
});
