// KMS on this machine: the real SDK client and our own call it over the wire (KMS's JSON 1.1). Kinder than KMS: it
// verifies signatures of requests only if it is given credentials (otherwise only their form, scope and date), it
// checks policies only if it is given a guard, and changes and replicas are visible at once. Stricter: it makes only
// P-256 and RSA-2048 keys for signing, and 256-bit HMAC keys.
import {
  type AwsAnswer,
  type AwsEndpoint,
  type AwsRequest,
  startAwsEndpoint,
} from '../endpoint.ts';
import type { Guard } from '../iam/guard.ts';
import type { AwsCredentials } from '../signature.ts';
import { checkAuthorization } from './authorization.ts';
import { findKey } from './find.ts';
import { keyStore } from './keys.ts';
import { needsOf } from './needs.ts';
import type { Context } from './operation.ts';
import { isChange, operationNamed } from './operations.ts';
import { type Input, KmsRefusal, optionalText } from './refusal.ts';

const contentType = 'application/x-amz-json-1.1';

export async function startKms(
  options: {
    port?: number;
    latencyMs?: number;
    /** A file in which the keys are kept. */
    path?: string;
    now?: () => number;
    /** When given, requests must be signed with them. */
    credentials?: AwsCredentials;
    /** When given, callers may do only what it and the key's policy allow. */
    guard?: Guard | undefined;
    /** Called for each signature, as KMS tells CloudWatch. */
    onSigned?: ((key: { arn: string; region: string }) => void) | undefined;
  } = {},
): Promise<AwsEndpoint> {
  const store = keyStore(options.path, options.now ?? Date.now);

  const contextOf = ({ region, accessKeyId }: AwsRequest): Context => ({
    store,
    region,
    ...(options.guard && { may: (need) => options.guard?.may(accessKeyId, need) ?? true }),
  });

  const answer = async (request: AwsRequest) => {
    checkAuthorization(request.headers, Date.now());
    const operation = operationNamed(request.operation);
    if (!operation || !String(request.headers['x-amz-target']).startsWith('TrentService.')) {
      throw new KmsRefusal('UnknownOperationException');
    }
    const input = inputOf(request);
    const context = contextOf(request);
    const refused = options.guard?.refuses(
      request.accessKeyId,
      needsOf(request.operation, context, input),
    );
    if (refused) throw new KmsRefusal(refused.error, refused.message);
    const result = await operation(context, input);
    if (isChange(request.operation)) store.save();
    if (request.operation === 'Sign') {
      const { KeyId: arn } = result as { KeyId: string };
      options.onSigned?.({ arn, region: request.region });
    }
    return result;
  };

  const keyOf = (request: AwsRequest): string | undefined => {
    try {
      const id = optionalText(inputOf(request), 'KeyId');
      return id && findKey(store, request.region, id, true).arn;
    } catch {
      return undefined;
    }
  };

  const endpoint = await startAwsEndpoint({
    port: options.port,
    latencyMs: options.latencyMs,
    credentials: options.credentials,
    contentType,
    concerns: (request) => {
      const key = keyOf(request);
      return key ? { key } : {};
    },
    answer: (request) => answer(request).then(success, failure),
  });
  return {
    ...endpoint,
    async close() {
      await endpoint.close();
      store.save();
    },
  };
}

function inputOf({ body }: AwsRequest): Input {
  try {
    const input: unknown = JSON.parse(body.toString());
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as Input;
  } catch {}
  throw new KmsRefusal('SerializationException');
}

const success = (result: object): AwsAnswer => json(200, result);

function failure(error: unknown): AwsAnswer {
  if (!(error instanceof KmsRefusal)) throw error;
  return json(error.status, { __type: error.name, message: error.message });
}

const json = (status: number, body: object): AwsAnswer => ({
  status,
  headers: { 'content-type': contentType },
  body: JSON.stringify(body),
});
