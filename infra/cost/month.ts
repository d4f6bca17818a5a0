// A month of users, as the operations that AWS bills. Whatever was neither counted nor synthesised is an assumption, and stands here.
import type { KeySpec } from '#shared/config/input.ts';
import { functions } from '../functions.ts';
import { bytesOfLine, type Counts, type Measured } from './measure.ts';
import type { Fixed } from './stack.ts';

export type Algorithm = 'ES256' | 'RS256';

/** In the configuration (`dpop.keySpec`). */
export const keySpecs = { ES256: 'ECC_NIST_P256', RS256: 'RSA_2048' } as const satisfies Record<
  Algorithm,
  KeySpec
>;

export interface Case {
  alg: Algorithm;
  /** Calls of APIs in the month. */
  calls: number;
  /** How long an API takes, as the broker sees it. */
  upstreamMs: number;
  /** The body of an answer. */
  answerBytes: number;
  /** `rest`: every call goes through the front that streams. */
  front: 'http' | 'rest';
  tracing: boolean;
  /** The share of calls that are logged. The product logs all: a line is also the metrics of its call. */
  logShare: number;
  measured: Measured;
  fixed: Fixed;
  /** Custom metrics that the functions write. */
  metrics: number;
}

/** What we assume of users and of times that only a deployment can show. */
export const assumed = {
  callsPerSignIn: 100,
  renewalsPerSignIn: 3,
  sessionChecksPerSignIn: 10,
  signOutsPerSignIn: 0.5,
  /** An environment of Lambda serves so many calls before it is replaced. */
  callsPerEnvironment: 2_000,
  /**
   * At work a token is renewed before its end, when a proof for it has been signed ahead. What is measured is the renewal of a
   * token that is over, for which nothing is.
   */
  proofsInVainPerRenewal: 1,
  /** X-Ray takes one request a second and a twentieth of the rest: it matters in how many hours the calls come. */
  busyHours: 220,
  tableMs: 5,
  keyMs: 15,
  /** CPU of a call, from docs/numbers.md; a function of 512 MB has 0.29 of a core. */
  cpuMs: 0.7 / 0.29,
  /** A request of auth: the authorization server takes most of it. */
  authMs: 150,
  /** Headers of a browser's request, and of the answer. */
  requestBytes: 1_000,
  answerHeaderBytes: 700,
  /** What Lambda itself writes: START, END and REPORT, with a trace id. */
  platformLogBytes: 440 + 3 * bytesOfLine,
  /** CloudWatch Logs keeps lines compressed. */
  keptShare: 0.15,
  daysOfMonth: 30,
  /** The hourly comparison of signatures, for each key: test/journeys/signatures.test.ts counts them. */
  metricRequestsPerKey: 5,
};

export interface Month {
  proofs: number;
  assertions: number;
  otherKeyRequests: number;
  readUnits: number;
  writeUnits: number;
  invocations: number;
  gigabyteSeconds: number;
  /** All requests of browsers below /bff. */
  requests: number;
  restRequests: number;
  gigabytesOfLogs: number;
  gigabytesOfEdgeLogs: number;
  gigabytesKept: number;
  gigabytesUpstream: number;
  gigabytesToBrowsers: number;
  gigabytesToOrigin: number;
  traces: number;
}

/** The time of a call that Lambda bills: the proof is signed while the table is asked. */
export const billedMs = (upstreamMs: number): number =>
  Math.ceil(Math.max(assumed.tableMs, assumed.keyMs) + upstreamMs + assumed.cpuMs);

export function monthOf(given: Case): Month {
  const { calls, measured, fixed, logShare } = given;
  const signIns = calls / assumed.callsPerSignIn;
  const times: [
    activity: Exclude<keyof Measured, 'metrics'>,
    times: number,
    authRequests: number,
  ][] = [
    ['call', calls, 0],
    ['firstCall', calls / assumed.callsPerEnvironment, 0],
    ['signIn', signIns, 2],
    ['renewal', signIns * assumed.renewalsPerSignIn, 0],
    ['session', signIns * assumed.sessionChecksPerSignIn, 1],
    ['signOut', signIns * assumed.signOutsPerSignIn, 1],
  ];
  const total = (count: keyof Counts) =>
    times.reduce((sum, [activity, often]) => sum + often * measured[activity][count], 0);
  const authRequests = times.reduce((sum, [, often, requests]) => sum + often * requests, 0);
  const requests = calls + authRequests;
  const gigabytes = (bytes: number) => bytes / 1e9;
  const seconds = (calls * billedMs(given.upstreamMs) + authRequests * assumed.authMs) / 1000;
  const logBytes =
    total('logBytes') * logShare + requests * (assumed.platformLogBytes + fixed.apiLogBytes);
  const edgeLogBytes = requests * fixed.edgeLogBytes;
  const busySeconds = assumed.busyHours * 3600;
  // Calls come as they please: not every second has one.
  const first = busySeconds * (1 - Math.exp(-requests / busySeconds));
  return {
    proofs: total('proofs') + signIns * assumed.renewalsPerSignIn * assumed.proofsInVainPerRenewal,
    assertions: total('assertions'),
    otherKeyRequests: total('otherKeyRequests'),
    readUnits: total('readUnits'),
    writeUnits: total('writeUnits'),
    invocations: requests,
    gigabyteSeconds: (seconds * functions.proxy.memoryMb) / 1024,
    requests,
    restRequests: given.front === 'rest' ? calls : 0,
    gigabytesOfLogs: gigabytes(logBytes),
    gigabytesOfEdgeLogs: gigabytes(edgeLogBytes),
    gigabytesKept:
      (gigabytes(logBytes + edgeLogBytes) * assumed.keptShare * fixed.logDays) /
      assumed.daysOfMonth,
    gigabytesUpstream: gigabytes(total('bytesUpstream')),
    gigabytesToBrowsers: gigabytes(
      calls * given.answerBytes + requests * assumed.answerHeaderBytes,
    ),
    gigabytesToOrigin: gigabytes(requests * assumed.requestBytes),
    traces: given.tracing ? first + (requests - first) / 20 : 0,
  };
}
