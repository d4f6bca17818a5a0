// The CDK app: `npx cdk deploy --all -c issuer=… -c clientId=… -c publicOrigin=…` (docs/deploy.md).
import { App } from 'aws-cdk-lib';
import { ConfigError } from '#shared/config/faults.ts';
import { addBroker } from './app/broker-app.ts';
import { readSettings } from './app/settings.ts';

const app = new App();
try {
  addBroker(app, readSettings(app.node));
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exit(1);
}
app.synth();
