// What the API behind the brokers answers: 1 kB of JSON.

export const answerBody = JSON.stringify({
  users: Array.from({ length: 10 }, (_, i) => ({
    id: `00u${i}`.padEnd(20, 'x'),
    email: `user${i}@example.com`,
    status: 'ACTIVE',
    name: 'a name of usual length',
  })),
});
