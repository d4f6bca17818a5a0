// A tiny API of its own, as its owner would write it for Lambda: it trusts the authorizer's context, and never sees who
// the caller is in any other way.
import type { APIGatewayProxyResult } from 'aws-lambda';

interface Order {
  id: string;
  item: string;
  quantity: number;
  status: 'open' | 'sent' | 'cancelled';
}

/** What the handler reads of its event. */
export interface OrdersEvent {
  httpMethod: string;
  resource: string;
  pathParameters: Record<string, string | undefined> | null;
  requestContext: { authorizer?: Record<string, unknown> | null | undefined };
}

/** Route keys with the scopes that they need, for the authorizer and for the gateway. */
export const routes = {
  'GET /orders': ['orders.read'],
  'GET /orders/{id}': ['orders.read'],
  'DELETE /orders/{id}': ['orders.write'],
} as const;

const made = (): Order[] => [
  { id: 'o-1001', item: 'Difference engine, spare wheel', quantity: 12, status: 'sent' },
  { id: 'o-1002', item: 'Punched cards, box of 500', quantity: 3, status: 'open' },
  { id: 'o-1003', item: 'Analytical notes, bound', quantity: 1, status: 'open' },
];

/** The orders of each customer, for as long as the local system runs. */
export function ordersApi() {
  const bySubject = new Map<string, Order[]>();
  const ordersOf = (subject: string) => {
    const orders = bySubject.get(subject) ?? made();
    bySubject.set(subject, orders);
    return orders;
  };
  return async ({
    httpMethod,
    resource,
    pathParameters,
    requestContext: { authorizer },
  }: OrdersEvent): Promise<APIGatewayProxyResult> => {
    const { sub, nonce } = authorizer ?? {};
    // Without an authorizer nobody is named.
    if (typeof sub !== 'string') return json(401, { error: 'invalid_token' });
    const orders = ordersOf(sub);
    const order = orders.find(({ id }) => id === pathParameters?.id);
    // A newer nonce than the client's: the next proof can use it, and nothing has to be repeated.
    const headers = typeof nonce === 'string' ? { 'DPoP-Nonce': nonce } : {};
    if (resource === '/orders') return json(200, orders, headers);
    if (!order) return json(404, { error: 'not_found' }, headers);
    if (httpMethod === 'DELETE') order.status = 'cancelled';
    return json(200, order, headers);
  };
}

const json = (
  statusCode: number,
  body: unknown,
  headers: Record<string, string> = {},
): APIGatewayProxyResult => ({
  statusCode,
  headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers },
  body: JSON.stringify(body),
});
