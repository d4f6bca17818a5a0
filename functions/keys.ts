// The operator's function: it makes, rotates, disables and deletes keys and ends sessions. Only the command line
// (infra/operator) and a schedule invoke it. It never waits, but says when to ask again.
import { randomUUID } from 'node:crypto';
import type { RequestContext } from '#core/broker.ts';
import { BrokerError } from '#core/errors.ts';
import { enableKey, reactivateKey } from '#core/keys/enable.ts';
import { keyName } from '#core/keys/find-key.ts';
import { hourlyWork } from '#core/keys/hourly.ts';
import { disableKeyNow } from '#core/keys/kill-switch.ts';
import { endOneSession } from '#core/keys/one-session.ts';
import { KeyAdminError, type Operator } from '#core/keys/operator.ts';
import { failed, type OperatorOutcome, refused } from '#core/keys/outcome.ts';
import { keysStatus, listKeys, replicateKeys } from '#core/keys/report.ts';
import { retireKey } from '#core/keys/retire.ts';
import { cancelRotation } from '#core/keys/rotation/roll-back.ts';
import { rotateKey } from '#core/keys/rotation/rotate.ts';
import { endSessionsOf, listSessions } from '#core/keys/sessions.ts';
import { signProof } from '#core/keys/sign-proof.ts';
import { compareSignatures } from '#core/keys/signatures/compare.ts';
import { plain } from '#core/lib/plain.ts';
import { operatorLastMomentsMs } from '#core/limits.ts';
import { invoked } from '#http/invoked.ts';
import { logFailure } from '#shared/log.ts';
import { type OperatorRequest, parseRequest } from '#shared/operator-request.ts';
import { operator } from '#shared/runtime/operator.ts';

export async function keys(
  context: RequestContext<Operator>,
  event: unknown,
): Promise<OperatorOutcome> {
  const request = parseRequest(event);
  if ('faults' in request) return refused('bad_request', request.faults.join('; '));
  const outcome = await perform(context, request).catch(toOutcome);
  // A waiting rotation is asked for again and again: its beginning is already on record (keys/rotation/rotate.ts).
  const again = request.action === 'rotate' && outcome.status === 'waiting';
  if (!again) audit(context, request, outcome);
  return outcome;
}

export const handler = invoked(operator, keys, toOutcome);

function perform(
  { env: op, deadline }: RequestContext<Operator>,
  request: OperatorRequest,
): Promise<OperatorOutcome> {
  const deadlineMs = deadline - operatorLastMomentsMs;
  const { actor: by } = request;
  switch (request.action) {
    case 'list':
      return listKeys(op);
    case 'status':
      return keysStatus(op);
    case 'signatures':
      return compareSignatures(op, request);
    case 'rotate':
      return rotateKey(op, { ...request, by, driver: request.driver ?? randomUUID() });
    case 'cancel':
      return cancelRotation(op, request);
    case 'retire':
      return retireKey(op, request);
    case 'disable':
      return disableKeyNow(op, { ...request, deadlineMs });
    case 'enable':
      return enableKey(op, request);
    case 'activate':
      return reactivateKey(op, request);
    case 'replicate':
      return replicateKeys(op, request);
    case 'tend':
      return hourlyWork(op, { ...request, by, driver: 'tend' });
    case 'sessions':
      return listSessions(op, request);
    case 'revoke': {
      const { whose } = request;
      return 'session' in whose
        ? endOneSession(op, { ...request, whose, deadlineMs })
        : endSessionsOf(op, { ...request, whose, deadlineMs });
    }
    case 'proof':
      return signProof(op, request);
  }
}

/** Records who did what and why, but nothing that identifies a user: this is a log. */
function audit(
  { log }: RequestContext<Operator>,
  request: OperatorRequest,
  { status, code }: OperatorOutcome,
): void {
  const whose = 'whose' in request ? Object.keys(request.whose).join() : undefined;
  const key = 'key' in request ? request.key : undefined;
  log('operator.acted', {
    action: request.action,
    actor: plain(request.actor),
    reason: plain(request.reason),
    outcome: status,
    code: plain(code),
    ...('use' in request && { use: request.use }),
    ...(key !== undefined && { key: plain(keyName(key)) }),
    ...(whose !== undefined && { whose: plain(whose) }),
    // The path may name people.
    ...('url' in request && {
      method: plain(request.method),
      origin: plain(new URL(request.url).origin),
    }),
    ...('dryRun' in request && request.dryRun && { dryRun: true }),
  });
}

function toOutcome(fault: unknown): OperatorOutcome {
  logFailure(fault);
  if (fault instanceof KeyAdminError) return failed('kms_failed', `${fault.message}.`);
  if (fault instanceof BrokerError) return failed(fault.code, `${fault.message}.`);
  const name = fault instanceof Error ? fault.name : 'Error';
  return failed('internal', `${name}: see the function's log.`);
}
