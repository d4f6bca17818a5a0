// What `npm start` prints about the running system.

import type { SpaSource } from '#infra/local/gateway/site/spa.ts';
import { addresses } from '#infra/local/lib/addresses.ts';
import { people, sampleCode, samplePassword } from '#infra/local/okta/index.ts';
import { commandLine } from '../../operator/paste.ts';
import { type Paint, plain } from '../../operator/screen/style.ts';
import { flagsOf } from '../../operator/where.ts';
import type { System } from './system.ts';

export interface Told {
  system: System;
  app: string;
  containers: number;
  persist?: string | undefined;
  paint?: Paint;
}

export function banner({ system, app, containers, persist, paint = plain }: Told): string {
  const { url, gateway, okta, dynamodb, kms, config } = system;
  const kept = persist ? `kept in ${persist}` : 'in memory';
  const environments = `${containers} environment${containers === 1 ? '' : 's'}`;
  const parts = [
    ['app', url, app],
    [
      'api',
      `${url}/bff/health`,
      `the functions as they are deployed, at most ${environments} of each`,
    ],
    ['okta', okta?.issuer ?? config.issuer, okta ? 'a stand-in' : `client ${config.clientId}`],
    ['dynamodb', dynamodb?.url ?? 'AWS_ENDPOINT_URL_DYNAMODB', dynamodb ? kept : 'yours'],
    ['kms', kms?.url ?? 'AWS_ENDPOINT_URL_KMS', kms ? kept : 'yours'],
    ['lambda', gateway.lambdaUrl, operatorLine(gateway.lambdaUrl)],
  ];
  if (app === demoApp && okta) {
    parts.splice(1, 0, ['inside', `${url}/inside`, 'what the browser holds, and what Okta sees']);
  }
  const width = Math.max(...parts.map(([, where = '']) => where.length));
  const lines = parts.map(
    ([name = '', where = '', what = '']) =>
      `  ${paint('bold', name.padEnd(10))}${where.padEnd(width + 2)}${paint('dim', what)}`,
  );
  const notes = config.keyRotation
    ? ['', '  keyRotation is for deployments: here, npm run operator -- keys rotate does it']
    : [];
  const sides = okta ? sampleSignIns(paint) : registration(system);
  const trust = system.certificate ? ['', ...trusting(system.certificate)] : [];
  return [
    '',
    ...lines,
    '',
    ...sides,
    ...trust,
    ...notes,
    '',
    '  Ctrl-C stops everything.',
    '',
  ].join('\n');
}

const demoApp = 'the demo';

/** What is said about the app. */
export const appOf = (spa: SpaSource | undefined): string =>
  !spa ? demoApp : 'url' in spa ? `your dev server at ${spa.url}` : `files of ${spa.folder}`;

/** Ready to paste, whatever the port. */
const operatorLine = (url: string): string =>
  commandLine('npm run operator --', ['status', ...flagsOf({ kind: 'local', url })]);

/** A browser binds a session only where it trusts the certificate: clicking the warning away is not enough. */
function trusting(file: string): string[] {
  return [
    `  Until your browser trusts ${file}, it warns about the app. The certificate is valid for this machine only. To trust it:`,
    `    ${commandLine(trustCommands[process.platform] ?? trustCommands.linux, [file])}`,
    `    and for programs in Node: NODE_EXTRA_CA_CERTS=${file}`,
  ];
}

const trustCommands: Partial<Record<NodeJS.Platform, string>> & { linux: string } = {
  darwin: 'security add-trusted-cert -r trustRoot -p ssl -k ~/Library/Keychains/login.keychain-db',
  win32: 'certutil -user -addstore Root',
  linux: 'certutil -d sql:$HOME/.pki/nssdb -A -t P,, -n okta-dpop-bff-localhost -i',
};

function sampleSignIns(paint: Paint): string[] {
  const width = Math.max(...people.map(({ username }) => username.length)) + samplePassword.length;
  const account = (username: string) => `${username} / ${samplePassword}`.padEnd(width + 5);
  return [
    `  Sign in as one of these; where a code is asked for, it is ${sampleCode}:`,
    ...people.map(({ username, note }) => `    ${account(username)}${paint('dim', note)}`),
  ];
}

function registration({ config, url }: System): string[] {
  const uris = addresses(url, config.publicOrigin);
  const lines = [
    `  Register with the app ${config.clientId}:`,
    `    sign-in redirect URI    ${uris.redirectUris[0]}`,
    `    sign-out redirect URI   ${uris.postLogoutRedirectUris[0]}`,
  ];
  if (config.clientAuth !== 'private_key_jwt') return lines;
  return [
    ...lines,
    `    public keys (jwks_uri)  ${config.publicOrigin}/bff/jwks`,
    '    A server that cannot reach this machine needs the keys themselves: paste what that address shows.',
  ];
}
