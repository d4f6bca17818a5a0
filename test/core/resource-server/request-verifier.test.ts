import { expect, test } from 'vitest';
import { clientWith, ownApi } from '#test/support/own-api.ts';

test('a request with a token of Okta and a proof by its key is accepted, and tells who calls', async () => {
  const api = await ownApi();
  const client = await clientWith();
  const request = await api.request(client, await api.token(client));
  expect(await api.verify(request, { scopes: ['orders.read'] })).toEqual({
    kind: 'accepted',
    scheme: 'DPoP',
    headers: {},
    access: {
      subject: 'ada@example.com',
      clientId: '0oa1',
      scopes: ['orders.read'],
      expiresAt: 1_800_003_600,
      jkt: client.jkt,
      claims: expect.objectContaining({ uid: '00u1' }),
    },
  });
  expect(await api.verify(request)).toMatchObject({ kind: 'refused', reason: 'proof_used' });
});
