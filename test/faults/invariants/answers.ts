// What users get: their own data, an answer in time, a failure that says what to do, and no secret in any log.
import type { Exchange, Recording } from '#test/faults/recording/recording.ts';
import { tokenLike } from '#test/support/secrets.ts';
import { about, type Invariant, said, stalledMs } from './violation.ts';

/** Neither an API nor a function that no browser sees. */
const elsewhere = new Set<Exchange['act']>(['operator', 'stolen_proof', 'origin', 'around_origin']);

const atTheProduct = (exchanges: Exchange[]) => exchanges.filter(({ act }) => !elsewhere.has(act));

export const nobodySeesSomebodyElsesData =
  (idOf: (user: string) => string | undefined): Invariant =>
  ({ exchanges }) =>
    exchanges.flatMap((exchange) => {
      const { sub, echoed, id, user } = exchange;
      const others = sub !== undefined && sub !== idOf(user);
      if (!others && (echoed === undefined || echoed === id)) return [];
      const what = `${said(exchange)} with the data of ${sub} for ${echoed}`;
      return [about('nobody sees somebody else’s data', what, exchange)];
    });

const longestMs = 30_000;
/** Lambda ends a function that has run for so long. */
const lateMs = 29_000;

export const noAnswerTakesHalfAMinute: Invariant = ({ exchanges, stalls }) =>
  atTheProduct(exchanges)
    .filter(({ act }) => act !== 'stream')
    .filter((one) => one.to - one.from >= longestMs + stalledMs(stalls, one.from, one.to))
    .map((one) => about('no answer takes half a minute', said(one), one));

/** For a stream, the gateway reports one as a bare 502. */
const isOfTheGateway = ({ act, status, code }: Exchange) =>
  act === 'stream' && status === 502 && code === undefined;

/** The function that answers. */
const functionOf: Partial<Record<Exchange['act'], string>> = {
  get: 'proxy',
  post: 'proxy',
  okta: 'proxy',
  account: 'proxy',
  orders: 'proxy',
  without_device: 'proxy',
  stream: 'stream',
  universal_logout: 'machine',
  back_channel: 'machine',
  front_channel: 'machine',
};

/** A crash in the middle of an event is answered by the gateway, in its own words. */
const diedWithIts = (kills: Recording['kills'], { act, from, to, code }: Exchange): boolean =>
  code === undefined &&
  kills.some(
    ({ at, function: name }) =>
      name === (functionOf[act] ?? 'auth') && at >= from - 100 && at <= to,
  );

export const noInternalError: Invariant = (recording) =>
  atTheProduct(recording.exchanges)
    .filter((one) => one.status === 500 || one.code === 'internal' || isOfTheGateway(one))
    .filter(
      (one) => !diedWithIts(recording.kills, one) && !cameTooLateForTheGateway(recording, one),
    )
    .map((one) => about('no internal error', said(one), one));

export const everybodyIsAnswered: Invariant = ({ exchanges, kills }) =>
  atTheProduct(exchanges)
    .filter((one) => one.status === undefined && !diedWithIts(kills, one))
    .map((one) => about('everybody is answered', said(one), one));

/** The gateway and Lambda end by themselves what is late, and on a busy machine that may be anything. */
const cameTooLateForTheGateway = ({ stalls }: Recording, { code, from, to }: Exchange): boolean =>
  code === undefined && to - from >= lateMs && stalledMs(stalls, from, to) > 0;

export const busyMeansComeBack: Invariant = (recording) =>
  atTheProduct(recording.exchanges)
    .filter(({ status, retryAfter }) => status === 503 && !(Number(retryAfter) > 0))
    .filter((one) => !cameTooLateForTheGateway(recording, one))
    .map((one) => about('503 says when to come back', said(one), one));

const passedOn = [403, 429];
const failures = [502, 503, 504];
const signedOut = [401];
const expected: Record<Exchange['act'], number[]> = {
  login: [302],
  callback: [302],
  get: [200, ...signedOut, ...passedOn],
  post: [200, ...signedOut, ...passedOn],
  okta: [200, ...signedOut, ...passedOn],
  account: [200, ...signedOut, ...passedOn],
  orders: [200, ...signedOut, ...passedOn],
  session: [200, ...signedOut],
  stream: [200, ...signedOut, ...passedOn],
  sign_out: [204],
  sign_out_form: [303],
  register_device: [200, ...signedOut, 403],
  refresh_device: [200, ...signedOut, 403],
  without_device: [200, ...signedOut, ...passedOn],
  stolen_proof: [],
  universal_logout: [204, 404],
  back_channel: [200],
  front_channel: [200],
  origin: [200],
  around_origin: [403],
  operator: [200],
};

/** What was done at the first try, whose answer was lost, is a replay when it comes again. */
const isReplay = ({ act, again, status }: Exchange): boolean =>
  (act === 'callback' || act === 'back_channel') && again === true && status === 400;

/** No fault of a dependency is the browser's mistake. */
export const nobodyIsBlamed: Invariant = ({ exchanges }) =>
  atTheProduct(exchanges)
    .filter(({ act, status = 500 }) => status < 500 && !expected[act].includes(status))
    .filter((one) => !isReplay(one))
    .map((one) => about('nobody is blamed for a fault', said(one), one));

export const failuresAreKnown: Invariant = ({ exchanges }) =>
  atTheProduct(exchanges)
    .filter(({ status = 0 }) => status > 500 && !failures.includes(status))
    .map((one) => about('failures are known', said(one), one));

export const stolenProofsOpenNothing: Invariant = ({ exchanges }) =>
  exchanges
    .filter(({ act, status }) => act === 'stolen_proof' && status !== undefined && status < 400)
    .map((one) => about('stolen proofs open nothing', said(one), one));

export const onlyCloudFrontIsAdmitted: Invariant = ({ exchanges }) =>
  exchanges
    .filter(({ act, status }) => act === 'around_origin' && status === 200)
    .map((one) => about('only CloudFront is admitted', said(one), one));

export const everythingRecovers: Invariant = ({ recoveries }) =>
  recoveries
    .filter(({ well }) => !well)
    .map(({ who, what }) => ({
      invariant: 'everything recovers',
      what: `${what} of ${who} does not work, though all faults are over`,
      from: 0,
      to: Number.POSITIVE_INFINITY,
      user: who,
    }));

const ofTheRun = (invariant: string, what: string) => ({
  invariant,
  what,
  from: 0,
  to: Number.POSITIVE_INFINITY,
});

/** Base64url, dots for JWTs, and what cookies and addresses have. */
const words = /[\w.~@%-]{12,}/g;

export const nothingSecretIsPrinted: Invariant = ({ lines, secrets }) =>
  lines.flatMap((line) => {
    const found = line.match(words)?.find((word) => secrets.has(word));
    const name = found && secrets.get(found);
    if (!name && !tokenLike.test(line) && !line.includes('@faults.example')) return [];
    return [ofTheRun('nothing secret is printed', `${name ?? 'a token or an address'} in a line`)];
  });

/** A fault is no attack, and the deployed rights are enough for all that happens. */
const never = /"(?:refresh\.untrusted|login\.untrusted|untrusted_response|iam\.denied)"/;

export const noFaultLooksLikeAnAttack: Invariant = ({ lines }) =>
  lines
    .filter((line) => never.test(line))
    .map((line) => ofTheRun('no fault looks like an attack', line.slice(0, 600)));
