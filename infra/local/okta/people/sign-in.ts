// The sign-in pages: first who you are, then a second factor if the requested level (acr_values), the person's policy
// or an older sign-in requires one. They are two plain forms, so that a script with a cookie jar can also sign in.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { InteractionResults } from 'oidc-provider';
import { type OktaAnswer, readBody, send } from '#infra/local/okta/http.ts';
import type { AuthorizationServer } from '#infra/local/okta/org.ts';
import {
  type Authentication,
  canReach,
  rankOf,
  satisfies,
  wantedAcr,
  withFactor,
  withPassword,
} from './assurance.ts';
import { errorPage, factorPage, pageHeaders, signInPage } from './pages.ts';
import { type Person, personById, personByName, sampleCode, samplePassword } from './people.ts';

type Interaction = Awaited<ReturnType<AuthorizationServer['provider']['interactionDetails']>>;

interface Visit {
  server: AuthorizationServer;
  req: IncomingMessage;
  res: ServerResponse;
  interaction: Interaction;
  desk: Desk;
  wanted: string | undefined;
}

export interface Desk {
  /** Who gave the right password but not yet the second factor, by interaction. */
  halfway: Map<string, string>;
  /** Everybody's. Without one it is the sample password, and people can sign in by a click. */
  password: string | undefined;
}

export async function signIn(
  server: AuthorizationServer,
  desk: Desk,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  let interaction: Interaction;
  try {
    interaction = await server.provider.interactionDetails(req, res);
  } catch {
    const text = 'This sign-in has expired or belongs to another browser.';
    send(req, res, { status: 400, headers: pageHeaders, body: errorPage(text) });
    return;
  }
  const wanted = wantedAcr(interaction.params.acr_values);
  const visit = { server, req, res, interaction, desk, wanted };
  const known = desk.halfway.get(interaction.uid) ?? signedInBefore(interaction);
  const person = known === undefined ? undefined : personById(known);
  if (req.method !== 'POST') return show(visit, person);
  const form = new URLSearchParams((await readBody(req)).toString());
  return person && !form.has('username') && !form.has('sample')
    ? verifyFactor(visit, person, form)
    : identify(visit, form);
}

/** Only the level is missing: the password was already given. */
function signedInBefore({ prompt, session }: Interaction): string | undefined {
  const onlyLevel = prompt.reasons.length > 0 && prompt.reasons.every((reason) => reason === 'acr');
  return onlyLevel ? session?.accountId : undefined;
}

async function show(
  visit: Visit,
  person: Person | undefined,
  fault?: string,
  typed?: string,
): Promise<void> {
  const { req, res, interaction, desk, wanted } = visit;
  if (person && !canReach(person, wanted)) return refuse(visit, unmet);
  const more = fault ? { fault } : {};
  const { login_hint, client_id } = interaction.params;
  const hint = typed || login_hint;
  const client = await visit.server.provider.Client.find(String(client_id));
  const app = client?.clientName ?? client_id;
  const body = person
    ? factorPage({ person, keyNeeded: rankOf(wanted) === 3, ...more })
    : signInPage({
        app: String(app),
        samples: !desk.password,
        ...(hint ? { hint: String(hint) } : {}),
        ...more,
      });
  const answer: OktaAnswer = { status: fault ? 401 : 200, headers: pageHeaders, body };
  send(req, res, answer);
}

async function identify(visit: Visit, form: URLSearchParams) {
  const { password } = visit.desk;
  const sample = password ? undefined : personByName(form.get('sample') ?? '');
  const typed = personByName(form.get('username') ?? '');
  const right = form.get('password') === (password ?? samplePassword);
  const person = sample ?? (right ? typed : undefined);
  if (!person) return show(visit, undefined, 'Unable to sign in.', form.get('username') ?? '');
  if (!person.assigned) return refuse(visit, notAssigned);
  if (!canReach(person, visit.wanted)) return refuse(visit, unmet);
  const enough = satisfies(withPassword.acr, visit.wanted) && !person.alwaysSecondFactor;
  if (enough || person.factors.length === 0) return admit(visit, person, withPassword);
  visit.desk.halfway.set(visit.interaction.uid, person.id);
  return show(visit, person);
}

async function verifyFactor(visit: Visit, person: Person, form: URLSearchParams) {
  const byKey = form.has('key') && person.factors.includes('key');
  const byCode = form.get('code')?.replaceAll(' ', '') === sampleCode;
  if (!byKey && !(byCode && person.factors.includes('code'))) {
    return show(visit, person, 'The code does not match.');
  }
  const authentication = withFactor(byKey ? 'key' : 'code');
  if (!satisfies(authentication.acr, visit.wanted)) {
    return show(visit, person, 'This needs the security key.');
  }
  return admit(visit, person, authentication);
}

async function admit(visit: Visit, person: Person, { acr, amr }: Authentication) {
  await leaveOtherSession(visit, person);
  await finish(visit, { login: { accountId: person.id, acr, amr, remember: false } });
}

/** Another person signs in: the earlier person's session ends. */
async function leaveOtherSession({ server, interaction }: Visit, person: Person): Promise<void> {
  const { session } = interaction;
  if (!session || session.accountId === person.id) return;
  await (await server.provider.Session.findByUid(session.uid))?.destroy();
  delete interaction.session;
  await interaction.persist();
}

const notAssigned = {
  error: 'access_denied',
  error_description: 'User is not assigned to the client application.',
};
const unmet = {
  error: 'unmet_authentication_requirements',
  error_description:
    "Unable to meet the authentication requirements imposed by 'acr_values' parameter.",
};

const refuse = (visit: Visit, refusal: InteractionResults) => finish(visit, refusal);

async function finish(visit: Visit, result: InteractionResults): Promise<void> {
  const { server, req, res, interaction, desk } = visit;
  desk.halfway.delete(interaction.uid);
  await server.provider.interactionFinished(req, res, result, { mergeWithLastSubmission: false });
}
