// Answers that nobody should get.
import { exchange, type Planted } from './builders.ts';

export const answers: Planted = {
  'nobody sees somebody else’s data': [
    { exchanges: [exchange({ sub: 'id-of-user1', echoed: 'get-1' })] },
    { exchanges: [exchange({ sub: 'id-of-user0', echoed: 'get-1' })] },
  ],
  'no answer takes half a minute': [
    { exchanges: [exchange({ to: 31_000 })] },
    { exchanges: [exchange({ to: 29_000 })] },
  ],
  'no internal error': [
    { exchanges: [exchange({ status: 500, code: 'internal' })] },
    { exchanges: [exchange({ status: 500 })], kills: [{ at: 1_050, function: 'proxy' }] },
  ],
  'everybody is answered': [
    { exchanges: [(({ status: _, ...dead }) => dead)(exchange())] },
    { exchanges: [exchange({ status: 502 })] },
  ],
  '503 says when to come back': [
    { exchanges: [exchange({ status: 503 })] },
    { exchanges: [exchange({ status: 503, retryAfter: '2' })] },
  ],
  'nobody is blamed for a fault': [
    { exchanges: [exchange({ act: 'callback', status: 400 })] },
    { exchanges: [exchange({ act: 'callback', status: 302 })] },
  ],
  'failures are known': [
    { exchanges: [exchange({ status: 501 })] },
    { exchanges: [exchange({ status: 504 })] },
  ],
  'stolen proofs open nothing': [
    { exchanges: [exchange({ act: 'stolen_proof' })] },
    { exchanges: [exchange({ act: 'stolen_proof', status: 401 })] },
  ],
  'only CloudFront is admitted': [
    { exchanges: [exchange({ act: 'around_origin' })] },
    { exchanges: [exchange({ act: 'around_origin', status: 403 }), exchange({ act: 'origin' })] },
  ],
  'everything recovers': [
    { recoveries: [{ who: 'user0', what: 'a call', well: false }] },
    { recoveries: [{ who: 'user0', what: 'a call', well: true }] },
  ],
  'nothing secret is printed': [
    {
      lines: ['{"message":"request.failed","reason":"rt-AAAABBBBCCCC"}'],
      secrets: new Map([['rt-AAAABBBBCCCC', 'refresh_token']]),
    },
    { lines: ['{"message":"request.failed","reason":"the session is missing"}'] },
  ],
  'no fault looks like an attack': [
    { lines: ['{"message":"refresh.untrusted","reason":"iss is another"}'] },
    { lines: ['{"message":"refresh.failed","status":503}'] },
  ],
};
