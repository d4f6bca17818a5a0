// One whole system for a test file, and what its tests ask of it: visitors, faults, counts of calls, the table's items.
import { type AttributeValue, DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { region } from '#infra/local/gateway/lambda/variables.ts';
import { type System, type SystemOptions, startSystem } from '#infra/local/run/system.ts';
import { type Answer, type Visitor, visitor } from './visitor.ts';

export const sessionName = '__Host-Http-bff';
export const loginPrefix = '__Host-Http-bff-login-';

export type TableItem = Record<string, AttributeValue>;

export type Running = ReturnType<typeof running>;

/** Faults are cleared before each test. The options may need what another `beforeAll` started. */
export function running(options: SystemOptions | (() => SystemOptions) = {}) {
  let started: System | undefined;
  let client: DynamoDBClient | undefined;
  beforeAll(async () => {
    const given = typeof options === 'function' ? options() : options;
    started = await startSystem({ port: 0, oktaPort: 0, lambdaPort: 0, ...given });
  });
  afterAll(async () => {
    client?.destroy();
    await started?.close();
  });
  beforeEach(() => {
    started?.okta?.faults.clear();
    started?.kms?.faults.reset();
    started?.dynamodb?.faults.reset();
  });

  const system = () => part(started);
  const table = () => {
    client ??= new DynamoDBClient({
      region,
      endpoint: part(system().dynamodb).url,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    return client;
  };

  /** The last that a function complained of, for the message of a failed test. */
  const lastTrouble = () =>
    system()
      .logs.map(({ line }) => line)
      .findLast((line) => /"level":"(WARN|ERROR)"/.test(line)) ?? 'nothing was logged';

  return {
    get system() {
      return system();
    },
    get okta() {
      return part(system().okta);
    },
    get kms() {
      return part(system().kms);
    },
    get dynamodb() {
      return part(system().dynamodb);
    },
    /** For changes that no request can make, such as time that has passed. */
    get table() {
      return table();
    },
    someone: () => visitor(system().url),
    async signedIn(user = 'ada'): Promise<Visitor> {
      const visit = visitor(system().url);
      await visit.signIn(user);
      if (!visit.cookie(sessionName)) throw new Error(`${user} is not signed in: ${lastTrouble()}`);
      return visit;
    },
    /** Everything that the table holds, but for the ring of keys. */
    async items(begin = ''): Promise<TableItem[]> {
      const items: TableItem[] = [];
      for await (const page of paginateScan({ client: table() }, { TableName: system().table })) {
        items.push(...((page.Items ?? []) as TableItem[]));
      }
      return items.filter(({ pk }) => pk?.S !== 'ring' && pk?.S?.startsWith(begin));
    },
    /** What others are asked while something happens: the table, the keys, the authorization server and its APIs. */
    async asked<T>(what: () => Promise<T>): Promise<Asked & { result: T }> {
      const before = counts(system());
      const result = await what();
      const after = counts(system());
      return {
        reads: after.reads - before.reads,
        writes: after.writes - before.writes,
        signatures: after.signatures - before.signatures,
        keys: after.keys - before.keys,
        okta: after.okta - before.okta,
        result,
      };
    },
    /** Lines that the functions logged under this name since `from`. */
    logged(name: string, from = 0): Record<string, unknown>[] {
      return system()
        .logs.slice(from)
        .map(({ line }) => parsed(line))
        .filter((line) => line?.message === name) as Record<string, unknown>[];
    },
  };
}

export interface Asked {
  reads: number;
  writes: number;
  signatures: number;
  /** Every call of KMS, signatures included. */
  keys: number;
  okta: number;
}

/** Nobody was asked anything. */
export const nothing: Asked = { reads: 0, writes: 0, signatures: 0, keys: 0, okta: 0 };

const reading = ['GetItem', 'Query', 'Scan', 'BatchGetItem'];

function counts({ dynamodb, kms, okta }: System): Asked {
  const reads = reading.reduce((sum, name) => sum + (dynamodb?.calls.count(name) ?? 0), 0);
  return {
    reads,
    writes: (dynamodb?.calls.count() ?? 0) - reads,
    signatures: kms?.calls.count('Sign') ?? 0,
    keys: kms?.calls.count() ?? 0,
    okta: okta?.events.list().at(-1)?.id ?? 0,
  };
}

export const codeOf = (answer: Answer): string => answer.json<{ code: string }>().code;

/** The query of a Location, or of the page where a browser is. */
export const queryOf = (answer: Answer): URLSearchParams =>
  new URL(answer.headers.location ?? answer.url.href, answer.url).searchParams;

export function part<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it does not run');
  return value;
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
