import { expect, test } from 'vitest';
import { sessionIdOf } from '#test/support/bound-sessions.ts';
import { offered, signInBound } from '#test/support/device.ts';
import { runOperator } from '#test/support/operator-command.ts';
import { running } from '#test/support/running.ts';

const run = running({ environment: {}, config: { session: { deviceBound: 'prefer' } } });

const list = (more = '') =>
  runOperator(`sessions list --user ada@example.com${more}`, {
    local: run.system.gateway.lambdaUrl,
  });

test('the list of sessions says which are bound to their device', async () => {
  const bound = run.someone();
  await signInBound(bound);
  const other = run.someone();
  await offered(other);
  const [one, two] = [bound, other].map((visit) => sessionIdOf(visit).slice(0, 8));
  const { sessions } = JSON.parse((await list(' --json')).out);
  expect(
    Object.fromEntries(
      sessions.map(({ id, bound }: { id: string; bound: boolean }) => [id, bound]),
    ),
  ).toEqual({ [`${one}`]: true, [`${two}`]: false });
  const { out } = await list();
  expect(out).toMatch(/^2 sessions\n {2}SESSION .* KEY +DEVICE\n/);
  expect(out).toMatch(new RegExp(`${one} .* bound\n`));
  expect(out).toMatch(new RegExp(`${two} .* -\n`));
});

test('where no session can be bound, the list does not speak of it', async () => {
  await run.system.redeploy({ session: { deviceBound: 'off' } });
  await run.signedIn();
  expect((await list()).out).not.toContain('DEVICE');
  expect(JSON.parse((await list(' --json')).out).sessions[0]).not.toHaveProperty('bound');
});
