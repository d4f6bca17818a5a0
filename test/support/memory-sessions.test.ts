import { sessionStoreContract } from '../contracts/session-store.ts';
import { memorySessions } from './memory-sessions.ts';

sessionStoreContract('the memory of tests', async (clock) => ({
  store: memorySessions(clock),
  loseAnswer: () => {},
  close: async () => {},
}));
