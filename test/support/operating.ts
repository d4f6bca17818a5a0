// The operator's function of a system, invoked as the command line does it, and the keys as it lists them.
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { KeyLine } from '#core/keys/report.ts';
import type { KeyUse } from '#core/ports.ts';
import type { Gateway } from '#infra/local/gateway/gateway.ts';
import type { OperatorEvent } from '#shared/operator-request.ts';

export interface Operating {
  /** One invocation, whatever it says. */
  operate(event: OperatorEvent): Promise<Answered>;
  /** Again and again, as long as it says to wait: what the command line does. */
  drive(event: OperatorEvent): Promise<Answered>;
  keys(use: KeyUse): Promise<KeyLine[]>;
  /** The id of the active one. */
  active(use: KeyUse): Promise<string>;
  close(): void;
}

export type Answered = { status: string; code: string; message: string } & Record<string, unknown>;

export function operating({ gateway }: { gateway: Pick<Gateway, 'lambdaUrl'> }): Operating {
  const lambda = new LambdaClient({
    endpoint: gateway.lambdaUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  const operate = async (event: OperatorEvent): Promise<Answered> => {
    const command = new InvokeCommand({ FunctionName: 'keys', Payload: JSON.stringify(event) });
    const { Payload } = await lambda.send(command);
    return JSON.parse(Payload?.transformToString() ?? '');
  };
  const keys = async (use: KeyUse): Promise<KeyLine[]> => {
    const { keys: all } = (await operate({ action: 'list' })) as unknown as { keys: KeyLine[] };
    return all.filter((key) => key.use === use);
  };
  return {
    operate,
    async drive(event) {
      for (;;) {
        const outcome = await operate(event);
        if (outcome.status !== 'waiting') return outcome;
        await new Promise((resolve) =>
          setTimeout(resolve, Number(outcome.retryAfterSeconds) * 1000),
        );
      }
    },
    keys,
    async active(use) {
      const found = (await keys(use)).find(({ state }) => state === 'active');
      if (!found) throw new Error(`no ${use} key is active`);
      return found.id;
    },
    close: () => lambda.destroy(),
  };
}
