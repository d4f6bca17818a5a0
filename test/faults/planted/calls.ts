// Requests that should not have arrived.
import {
  arrival,
  exchange,
  lostWrite,
  type Planted,
  post,
  renewal,
  renewedTwice,
} from './builders.ts';

const redemption = { step: 'token authorization_code', code: 'c', proof: 'p' };

export const calls: Planted = {
  'nothing unsafe is sent twice': [
    {
      arrivals: [
        arrival({ ...post, fault: 'reset_before', acted: false, delivered: false }),
        arrival({ ...post, from: 1_020 }),
      ],
    },
    {
      arrivals: [
        arrival({ ...post, status: 401, error: 'use_dpop_nonce' }),
        arrival({ ...post, from: 1_020 }),
      ],
    },
  ],
  'nothing unsafe is done twice': [
    { arrivals: [arrival(post), arrival({ ...post, from: 1_020 })] },
    { arrivals: [arrival(post), arrival({ ...post, call: 'post-2' })] },
  ],
  'no code is redeemed twice': [
    {
      arrivals: [1, 2].map((nth) =>
        arrival({ step: 'token authorization_code', code: 'c', proof: `${nth}` }),
      ),
    },
    {
      arrivals: [
        arrival({ ...redemption, status: 401, error: 'invalid_client' }),
        arrival({ ...redemption, proof: 'q' }),
      ],
    },
  ],
  'no proof is used twice': [
    { arrivals: [arrival({ proof: 'p' }), arrival({ proof: 'p' })] },
    { arrivals: [arrival({ proof: 'p' }), arrival({ proof: 'q' })] },
  ],
  'no assertion is used twice': [
    { arrivals: [arrival({ assertion: 'a' }), arrival({ assertion: 'a' })] },
    { arrivals: [arrival({ assertion: 'a' }), arrival({ assertion: 'b' })] },
  ],
  'never Bearer': [
    { arrivals: [arrival({ scheme: 'Bearer', proof: 'p' })] },
    {
      arrivals: [
        arrival({ scheme: 'DPoP', proof: 'p' }),
        arrival({ dependency: 'issuer', step: 'par', scheme: 'Basic' }),
      ],
    },
  ],
  'tokens are asked for with a proof': [
    { arrivals: [arrival({ step: 'token refresh_token' })] },
    { arrivals: [arrival({ step: 'token refresh_token', proof: 'p' })] },
  ],
  'every call has its own token': [
    { exchanges: [exchange()], arrivals: [arrival({ call: 'get-1', session: 'user1-1' })] },
    { exchanges: [exchange()], arrivals: [arrival({ call: 'get-1', session: 'user0-1' })] },
  ],
  'one renewal at a time': [
    { arrivals: [renewal({ from: 1_000, to: 1_500 }), renewal({ from: 1_400, to: 1_600 })] },
    {
      arrivals: [
        renewal({ from: 1_000, to: 1_300, status: 500 }),
        renewal({ from: 1_400, to: 1_600 }),
      ],
    },
  ],
  'one token call per expiry': [
    { arrivals: renewedTwice },
    { arrivals: renewedTwice, injected: [lostWrite] },
  ],
  'no key signs when it is disabled': [
    {
      disabled: [{ jkt: 'k', at: 1_000 }],
      arrivals: [arrival({ proof: 'p', jkt: 'k', from: 4_000 })],
    },
    {
      disabled: [{ jkt: 'k', at: 1_000 }],
      arrivals: [
        arrival({ proof: 'p', jkt: 'k', from: 1_100 }),
        arrival({ proof: 'q', jkt: 'another', from: 4_000 }),
      ],
    },
  ],
};
