// `npm run test:aws -- --profile … --region … --issuer … --client-id …` (or `--tunnel https://…` in place of the last two):
// an environment of its own in a real account, from the first deployment to the last key. It costs a few cents and half
// an hour (docs/deploy.md, "Try it on AWS"). A person signs in: that is the one thing that no script can do at a real
// authorization server.
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { KMSClient } from '@aws-sdk/client-kms';
import { profileFault } from '#infra/operator/profile.ts';
import { commandsFor } from './commands.ts';
import { deleteKeys } from './keys.ts';
import { optionsOf, usage } from './options.ts';
import { stacksOf, statusOf, untilDeletable } from './stacks.ts';
import { person } from './terminal.ts';
import { type Trial, tryOut } from './trial.ts';
import { openTunnel } from './tunnel.ts';

const name = 'bff-smoke';

const options = optionsOf(process.argv.slice(2));
if ('faults' in options) {
  console.error([usage, ...options.faults].join('\n'));
  process.exit(2);
}
const { profile, region } = options;

// The profile and nothing else. Programs differ in whether keys in the environment or AWS_PROFILE win, and an endpoint
// would be an emulator's.
const others =
  /^AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|ENDPOINT_URL.*|DEFAULT_REGION)$/;
for (const variable of Object.keys(process.env)) {
  if (others.test(variable)) delete process.env[variable];
}
process.env.AWS_PROFILE = profile;
process.env.AWS_REGION = region;

const { ask, signal } = person();
const commandToDestroy =
  `npx cdk destroy --all --profile ${profile} -c name=${name} -c region=${region} -c removalPolicy=destroy ` +
  '-c issuer=https://placeholder.invalid -c clientId=x -c publicOrigin=https://placeholder.invalid';
const stacks = stacksOf(name, region).map((stack) => ({
  name: stack.name,
  client: new CloudFormationClient({ region: stack.region }),
}));

/** Before anything was deployed. */
function giveUp(error: Error | string): never {
  console.error(`\n${typeof error === 'string' ? error : `${error.name}: ${error.message}`}`);
  process.exit(1);
}

const fault = profileFault(profile);
if (fault) giveUp(fault);

// Everything is removed at the end, so nothing may exist before: it would belong to somebody else.
for (const stack of stacks) {
  const status = await statusOf(stack.client, stack.name).catch(giveUp);
  if (!status) continue;
  giveUp(
    `There is a stack ${stack.name} already (${status}): somebody tries this now, or an earlier try left it.\n` +
      `If it is yours: ${commandToDestroy}`,
  );
}

const tunnel =
  options.tunnel && (await openTunnel({ ...options.tunnel, clientId: name, ask }).catch(giveUp));
const { issuer, clientId } = tunnel ?? options.server;
const { deploy, destroy, operator, keys } = commandsFor({
  name,
  profile,
  region,
  issuer,
  clientId,
  signal,
});

const trial: Trial = {
  ask,
  deploy,
  destroy,
  operator,
  keys,
  status: async (url) => (await fetch(url, { signal })).status,
  register: async (app) => {
    if (tunnel) return tunnel.register(app);
    await ask(`In the app at the authorization server: redirect URI ${app.redirectUri}
>> sign-out redirect URI ${app.signOutRedirectUri}
>> keys ${app.jwksUri}`);
  },
  untilDeletable: async () => {
    for (const stack of stacks) await untilDeletable(stack.client, stack.name);
  },
  deleteKeys: () => deleteKeys(new KMSClient(), name),
};

try {
  await tryOut(trial);
  console.log(
    '\nNothing is left but keys that are being deleted, which cost nothing, and a log group of the CDK,\n' +
      `/aws/lambda/${name}-CustomS3AutoDelete…, which you can delete.`,
  );
} catch (error) {
  console.error(error);
  console.error(
    `\nLook whether everything is gone: the stacks ${stacks.map((one) => one.name).join(', ')} (${region}, us-east-1),\n` +
      `and keys with the tag bff-broker=${name} (docs/deploy.md, "Teardown").`,
  );
  process.exitCode = 1;
} finally {
  await tunnel?.close();
}
