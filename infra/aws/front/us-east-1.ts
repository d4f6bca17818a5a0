// CloudFront's firewalls and log deliveries are in us-east-1, wherever the functions are. Such resources go into the
// stack itself if it is there. Otherwise they go into a separate stack beside it, with the Region in its name, because
// the brokers of all Regions share the account's us-east-1.
import { Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { regionalName } from '#infra/aws/rights/names.ts';

export const usEast1 = 'us-east-1';

/**
 * `purpose` names the other stack. `make` gets a scope there and a free id in it, because brokers of one stack share
 * it. Give what it makes a weak reference: other references do not cross Regions.
 */
export function inUsEast1<Made>(
  scope: Construct,
  purpose: string,
  id: string,
  make: (scope: Construct, id: string) => Made,
): Made {
  const there = scopeIn(scope, purpose);
  return make(there, there.node.tryFindChild(id) ? `${id}-${scope.node.id}` : id);
}

/** A name in us-east-1. Brokers of that Region use their own name; others add theirs. */
export function nameInUsEast1(scope: Construct, broker: string): string {
  const { region: home } = Stack.of(scope);
  return home === usEast1 ? broker : regionalName(broker, home);
}

function scopeIn(scope: Construct, purpose: string): Construct {
  const stack = Stack.of(scope);
  if (stack.region === usEast1) return scope;
  if (Token.isUnresolved(stack.region)) {
    throw new Error(
      `${stack.node.path}: give the stack a Region (env: { region }), or set firewall and accessLogs to false`,
    );
  }
  const id = `${stack.node.id}-${purpose}`;
  const beside = stack.node.scope;
  return (
    (beside?.node.tryFindChild(id) as Stack | undefined) ??
    new Stack(beside, id, {
      stackName: `${stack.stackName}-${purpose}-${stack.region}`,
      env: { account: stack.account, region: usEast1 },
      description: `${stack.stackName}: what CloudFront needs in ${usEast1} (${purpose})`,
    })
  );
}
