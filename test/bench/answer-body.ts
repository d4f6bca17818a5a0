// What the API behind the brokers answers: 1 kB of JSON.

export const answerBody = JSON.stringify({
  users: Array.from({ length: 10 }, (_, i) => ({
    id: `00u${i}`.padEnd(20, 'x'),
    email: `user${i}@example.com`,
    status: 'ACTIVE',
    name: 'a name of usual length',
  })),
});

/** JSON of so many bytes. */
export const answerOf = (bytes: number): string => {
  const known = bodies.get(bytes);
  if (known !== undefined) return known;
  const users = answerBody.repeat(Math.ceil(bytes / answerBody.length)).slice(0, bytes - 2);
  const body = `"${users.replaceAll('"', "'")}"`;
  bodies.set(bytes, body);
  return body;
};

const bodies = new Map<number, string>();
