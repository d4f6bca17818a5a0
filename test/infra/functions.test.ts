// The routes of the API and the tables of endpoints name the same paths: one that is forgotten would be 404.
import { expect, test } from 'vitest';
import { auth } from '#functions/auth.ts';
import { machine } from '#functions/machine.ts';
import { functions } from '#infra/functions.ts';

const pathsOf = (routes: readonly string[]) => routes.map((route) => route.replace(/^ANY /, ''));

test('each endpoint of auth has a route, and each of its routes an endpoint', () => {
  expect(pathsOf(functions.auth.routes).toSorted()).toEqual(auth.paths.toSorted());
});

test('the endpoints of machine are what no other function has a route for', () => {
  const others = pathsOf([...functions.auth.routes, ...functions.proxy.routes]);
  expect(pathsOf(functions.machine.routes)).toEqual(['/bff/{proxy+}']);
  expect(machine.paths.filter((path) => others.includes(path))).toEqual([]);
  for (const path of machine.paths) expect(path).toMatch(/^\/bff\/(?!api\/)/);
});
