// Sessions that are lost, or outlive their end.
import { arrival, exchange, leaves, lost, type Planted, session, signedOut } from './builders.ts';

export const sessions: Planted = {
  'no session is lost': [
    { exchanges: [lost] },
    { exchanges: [lost], sessions: [session({ endings: [{ why: 'signed out', begun: 900 }] })] },
  ],
  'no session outlives its end': [
    { exchanges: [exchange()], sessions: [session({ endings: [signedOut] })] },
    { exchanges: [exchange({ from: 650 })], sessions: [session({ endings: [signedOut] })] },
  ],
  'no stream outlives its session': [
    {
      exchanges: [exchange({ act: 'stream', from: 650, to: 40_000 })],
      sessions: [session({ endings: [signedOut] })],
    },
    {
      exchanges: [exchange({ act: 'stream', from: 650, to: 2_000 })],
      sessions: [session({ endings: [signedOut] })],
    },
  ],
  'signing out revokes the tokens': [
    { exchanges: [leaves] },
    {
      exchanges: [leaves],
      arrivals: [arrival({ dependency: 'issuer', step: 'revoke', session: 'user0-1' })],
    },
  ],
  'a bound session needs its device': [
    {
      exchanges: [
        exchange({ act: 'register_device', from: 800, to: 900 }),
        exchange({ act: 'without_device' }),
      ],
    },
    {
      exchanges: [
        exchange({ act: 'register_device', from: 800, to: 1_050 }),
        exchange({ act: 'without_device' }),
      ],
    },
  ],
  'signing out everywhere finds the sessions': [
    {
      exchanges: [exchange({ act: 'universal_logout', status: 404 })],
      sessions: [session({ endings: [{ why: 'universal logout', begun: 1_000 }] })],
    },
    {
      exchanges: [exchange({ act: 'universal_logout', status: 404 })],
      sessions: [session({ endings: [signedOut, { why: 'universal logout', begun: 1_000 }] })],
    },
  ],
};
