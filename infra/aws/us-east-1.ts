// CloudFront's firewalls and log deliveries live in us-east-1 wherever the functions are. What belongs there goes
// into the stack itself, if it is there, and else into a stack of its own beside it.
import { Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

const region = 'us-east-1';

/** `purpose` names the other stack. Give what it makes a weak reference: others do not cross Regions. */
export function inUsEast1(scope: Construct, purpose: string): Construct {
  const stack = Stack.of(scope);
  if (stack.region === region) return scope;
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
      stackName: `${stack.stackName}-${purpose}`,
      env: { account: stack.account, region },
      description: `${stack.stackName}: what CloudFront needs in ${region} (${purpose})`,
    })
  );
}
