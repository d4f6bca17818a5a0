// A program of its own: what iam-simulate (AGPL-3.0, by others) says of requests that come as JSON. Nothing else
// here imports it.
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

const [, , from] = process.argv;
const { runSimulation } = await import(
  pathToFileURL(createRequire(from).resolve('@cloud-copilot/iam-simulate')).href
);

const verdicts = [];
for (const { request, identity, resource } of JSON.parse(await text(process.stdin))) {
  const document = (Statement) => ({ Version: '2012-10-17', Statement });
  const { principal, action, context } = request;
  const simulation = {
    request: {
      principal,
      action,
      resource: { resource: request.resource, accountId: principal.split(':')[4] },
      contextVariables: { ...context, 'aws:PrincipalArn': principal },
    },
    identityPolicies: [{ name: 'role', policy: document(identity) }],
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    ...(resource && { resourcePolicy: document(resource) }),
  };
  const answer = await runSimulation(simulation, {});
  verdicts.push(answer.errors ? JSON.stringify(answer.errors) : answer.overallResult);
}
process.stdout.write(JSON.stringify(verdicts));
