// What each event of the catalogue (shared/core/events.ts) means, and what an operator does about it. Only docs/events.md tells
// it: a function would load these sentences at each start and never use them.
import type { EventName } from '#core/events.ts';

export interface Meaning {
  when: string;
  /** Without it, there is nothing to do. */
  act?: string;
}

export const meanings: Record<EventName, Meaning> = {
  // Sign-in
  'login.started': { when: 'A browser is sent to the authorization server.' },
  'login.completed': { when: 'A sign-in opened a session.' },
  'login.rejected': {
    when: 'A sign-in ended without a session.',
    act: 'Read `code` and `reason`.',
  },
  'login.untrusted': {
    when: 'The server answered a sign-in with tokens that must not be used. They are revoked.',
    act: 'Compare the app at the server with the configuration.',
  },
  'login.started_over': {
    when: 'The key of a sign-in under way was taken out, so it began again with another.',
  },
  'login.par_refused': {
    when: 'The PAR endpoint refused the parameters of a sign-in.',
    act: 'Read `error`: the server names what it does not accept.',
  },
  'userinfo.refused': {
    when: 'UserInfo described another user, so its claims are left out.',
    act: 'Report it to whoever runs the server.',
  },
  'userinfo.failed': { when: 'UserInfo did not answer, so its claims are left out.' },

  // Renewal
  'refresh.won': { when: 'A session was renewed.' },
  'refresh.waited': { when: 'A call waited for another call to renew the session.' },
  'refresh.failed': {
    when: 'The server decided nothing about a renewal. The session stays.',
    act: 'Read `status`: 429 is a rate limit, 5xx an outage, 0 a failed connection.',
  },
  'refresh.paused': {
    when: 'The token endpoint asked for a pause (429, 503). Until then this environment renews no session of that user, or none at all when a second user was refused.',
    act: '`everybody`: the limit of the org, or an outage. Only `one_user`: that user has too many sessions at work.',
  },
  'refresh.refused': {
    when: 'The server refused a renewal with an error that does not concern the session. It stays.',
    act: 'Read `error`: `invalid_client` is a key or secret that the server does not know.',
  },
  'refresh.untrusted': {
    when: 'The server answered a renewal with tokens that must not be used. The session ends.',
    act: 'Compare the app at the server with the configuration.',
  },
  'refresh.not_rebound': {
    when: 'The server does not let a session move to the active key, so it stays on its own key.',
    act: 'Set `dpop.rebindOnRefresh` to false for this server.',
  },
  'refresh.later_auth_time': {
    when: 'A renewed ID token has a later `auth_time`. The first one is kept.',
  },
  'issuer.client_unknown': {
    when: 'The server did not know the client, as happens while it cannot read /bff/jwks. The request was repeated once.',
    act: 'Many: see whether /bff/jwks answers quickly, and what the server says in its log.',
  },
  'issuer.keys_unavailable': {
    when: 'A token cannot be judged, because the key set of the server is not available.',
    act: 'Check that `jwks_uri` answers.',
  },

  // Sessions bound to a device
  'device.bound': { when: 'A browser bound its session to a key of its device.' },
  'device.not_bound': {
    when: 'A browser that cannot bind its session, or did not, was shown the page that says so.',
    act: 'Compare their number with `device.bound`: `require` locks these browsers out.',
  },
  'device.refreshed': {
    when: 'A browser proved its device, and got a bound cookie for ten more minutes.',
  },
  'device.proof_refused': {
    when: 'A proof of a device was not accepted. The session stays, and the browser may try again.',
    act: 'Read `reason`. Many `signature` or `already_bound`: somebody tries copied cookies.',
  },
  'device.not_proven': {
    when: 'A call of a session that is bound came without a valid bound cookie, and was refused.',
    act: 'Read `cookie`. Many `unknown`: somebody tries copied cookies. Many `missing` or `ended`: see `device.skipped`, and whether /bff/device/refresh answers.',
  },
  'device.locked_out': {
    when: 'A call of a session that its browser did not bind was refused, because `deviceBound` is `require`.',
    act: 'Nothing, if such browsers are to be locked out. Otherwise use `prefer`.',
  },
  'device.skipped': {
    when: 'A browser says why it could not renew its bound cookie. Its call was refused.',
    act: '`unreachable` or `server_error`: see whether /bff/device/refresh answers.',
  },

  // Sessions that end
  'session.ended': { when: 'A session was ended: one event for each, whoever ends it.' },
  'revocation.failed': {
    when: 'The server did not revoke a token. It expires by itself, and its session is gone.',
  },
  'logout_token.refused': {
    when: 'A back-channel logout token failed a check, so nothing ended.',
    act: 'Read `reason`. Many bad signatures mean that somebody is guessing.',
  },
  'universal_logout.received': { when: 'Universal Logout named a user. `sessions` were found.' },
  'universal_logout.refused': {
    when: 'A Universal Logout request failed a check, so nothing ended.',
    act: 'Read `reason`, and compare the endpoint and issuer at Okta.',
  },

  // Calls
  'proxy.completed': {
    when: 'A call to an API was answered, by the API or by the broker.',
    act: 'The times say which part is slow.',
  },
  'stream.ended': { when: 'A stream reached its end or was cut.' },
  'nonce.challenged': { when: 'A server asked for a DPoP nonce, which costs a second signature.' },
  'nonce.malformed': {
    when: 'A server sent a DPoP nonce that no header may have. It is not used.',
    act: 'Report it to whoever runs that server.',
  },
  'signer.failed_over': {
    when: 'KMS of the home Region did not sign, so a replica did.',
    act: 'Look at the health of KMS in the home Region.',
  },
  'request.failed': {
    when: 'A request was answered with a problem.',
    act: 'Read `code`, `reason` and `cause`. `internal` has our stack frames in `at`.',
  },
  'signatures.counted': {
    when: 'A function tells how often it asked KMS for a signature, by key and Region, since it told last.',
  },
  'config.warning': {
    when: 'The configuration is valid, but people would regret it. Once per environment.',
    act: "Follow the doctor's advice on this code.",
  },

  // The authorizer of your own API
  'api.accepted': { when: 'A call came with its token and proof.' },
  'api.bearer_accepted': {
    when: 'A call came with a Bearer token, which `bearer: allow` lets in.',
    act: 'When no more of them come, the migration is over: set `bearer` to `deny`.',
  },
  'api.nonce_challenged': {
    when: 'A proof had no nonce, or an old one. Its client gets the newest.',
  },
  'api.replayed': {
    when: 'A proof was used a second time.',
    act: 'A client that repeats requests needs a new proof for each; otherwise somebody replays.',
  },
  'api.stolen': {
    when: 'A token came without the key that it is bound to.',
    act: 'Find out where the token leaked, and end its sessions.',
  },
  'api.bearer_refused': {
    when: 'A call came with a Bearer token that is bound to no key.',
    act: 'Its client has not moved to DPoP.',
  },
  'api.scope_refused': {
    when: 'A token lacks a scope of the route, or the route is not configured.',
  },
  'api.proof_refused': {
    when: 'A proof failed another check.',
    act: 'Read `reason`: a client is misconfigured.',
  },
  'api.token_refused': { when: 'An access token failed a check.', act: 'Read `reason`.' },
  'api.not_judged': {
    when: 'Something that a verdict needs was unavailable, so the call was refused.',
    act: 'Read `reason`: keys of the issuer, DynamoDB or KMS.',
  },

  // Keys
  'keys.dpop.reported': {
    when: 'Every hour: the age of the active DPoP key, and the sessions on it and on older keys.',
  },
  'keys.assertion.reported': { when: 'Every hour: the age of the key of client assertions.' },
  'keys.active_unusable': {
    when: 'The active key is missing, disabled or being deleted.',
    act: '`keys enable` or `keys rotate`.',
  },
  'keys.rotation_started': { when: 'A rotation began.' },
  'keys.rotation_published': { when: 'The next key signs, and waits until it becomes active.' },
  'keys.rotated': { when: 'The next key became active.' },
  'keys.rotation_overdue': {
    when: 'The active key is three days older than `keyRotation.everyDays`.',
    act: '`status` says what is in the way.',
  },
  'keys.rotation_stuck': {
    when: 'A rotation has not moved for an hour.',
    act: '`keys rotate --take-over` continues it, `--cancel` gives it up.',
  },
  'keys.rotation_cancelled': { when: 'A rotation was cancelled.' },
  'keys.rotation_rolled_back': {
    when: 'A rotation failed, so its new key ends unused. The active key stays.',
    act: 'The answer of the command says why. Rotate again when that is resolved.',
  },
  'keys.activated': { when: 'An operator made another key the active one.' },
  'keys.retired': {
    when: 'A key that no session needs was disabled. It can still be enabled again.',
  },
  'keys.deletion_scheduled': {
    when: 'KMS will delete a retired key.',
    act: 'Until then `keys enable` undoes it.',
  },
  'keys.disabled': {
    when: 'The kill switch took out a key. `sessions` ended, each with its own `session.ended`.',
    act: 'When `signing` is `unknown`, run it again at once.',
  },
  'keys.enabled': { when: 'A key that was taken out signs again.' },
  'signatures.compared': {
    when: 'Every hour, for each key and Region, over an hour and over a day: what KMS signed, and what the functions asked for.',
  },
  'signatures.foreign': {
    when: 'KMS signed more often with a key than the functions can explain.',
    act: 'Take it for a stolen role until CloudTrail says otherwise.',
  },
  'signatures.unaccounted': {
    when: 'The signatures of a key cannot be compared: CloudWatch has no such metric, or fewer than the functions got, or did not answer.',
    act: 'Read `reason`. Until it is mended, only CloudTrail knows who signs.',
  },
  'operator.acted': {
    when: 'The audit record: who did what with keys and sessions, and why.',
    act: 'Compare it with CloudTrail, which records who invoked the function.',
  },
};
