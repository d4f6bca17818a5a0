import { expect, test } from 'vitest';
import { createRouter } from '#infra/local/gateway/routes.ts';

const keys = [
  '$default',
  'ANY /bff/{proxy+}',
  'ANY /bff/login',
  'ANY /bff/api/{proxy+}',
  'POST /bff/pets/{pet}',
  'ANY /bff/pets/{pet}',
  'ANY /bff/pets/dog',
];
const route = createRouter(keys.map((key) => ({ key, target: key })));

test.each([
  ['GET', '/bff/login', 'ANY /bff/login', {}],
  ['GET', '/bff/login/', 'ANY /bff/{proxy+}', { proxy: 'login/' }],
  ['GET', '/bff/Login', 'ANY /bff/{proxy+}', { proxy: 'Login' }],
  ['GET', '/bff/api/v1/users', 'ANY /bff/api/{proxy+}', { proxy: 'v1/users' }],
  ['GET', '/bff/api', 'ANY /bff/{proxy+}', { proxy: 'api' }],
  ['GET', '/bff/api/', 'ANY /bff/{proxy+}', { proxy: 'api/' }],
  ['GET', '/bff//login', 'ANY /bff/{proxy+}', { proxy: '/login' }],
  ['POST', '/bff/pets/cat', 'POST /bff/pets/{pet}', { pet: 'cat' }],
  ['GET', '/bff/pets/cat', 'ANY /bff/pets/{pet}', { pet: 'cat' }],
  ['POST', '/bff/pets/dog', 'ANY /bff/pets/dog', {}],
  ['GET', '/bff', '$default', {}],
  ['GET', '/', '$default', {}],
])('%s %s goes to %s', (method, path, key, pathParameters) => {
  expect(route(method, path)).toEqual({ route: { key, target: key }, pathParameters });
});

test('without $default an unknown path has no route', () => {
  const strict = createRouter([{ key: 'GET /bff/login', target: 'auth' }]);
  expect(strict('GET', '/bff/other')).toBeUndefined();
  expect(strict('POST', '/bff/login')).toBeUndefined();
});
