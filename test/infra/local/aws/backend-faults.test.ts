import { expect, test } from 'vitest';
import { running } from '#test/support/running.ts';

const run = running();

const switched = (method: 'POST' | 'DELETE', faults: object = {}) =>
  fetch(`${run.okta.issuer}/__local/faults`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(method === 'POST' && { body: JSON.stringify(faults) }),
  });

test.each([
  ['kms', 'unavailable', 'signer_unavailable'],
  ['kms', 'throttled', 'signer_unavailable'],
  ['kms', 'disabled', 'signer_unavailable'],
  ['kms', 'hang_up', 'signer_unavailable'],
  ['table', 'unavailable', 'store_unavailable'],
  ['table', 'throttled', 'store_unavailable'],
  ['table', 'hang_up', 'store_unavailable'],
])('while the switchboard has %s %s, calls are 503 %s', async (name, value, code) => {
  const ada = await run.signedIn();
  expect((await switched('POST', { [name]: value })).status).toBe(200);
  const answer = await ada.fetch('/bff/api/v1/users/me');
  expect([answer.status, answer.json().code]).toEqual([503, code]);
  expect(answer.headers['retry-after']).toBeDefined();
  expect((await switched('DELETE')).status).toBe(204);
  expect((await ada.fetch('/bff/api/v1/users/me')).status).toBe(200);
});
