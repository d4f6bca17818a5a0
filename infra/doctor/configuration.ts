// What the configuration itself says that people would regret; nobody is asked for it.
import type { Config } from '#shared/config.ts';
import { warningsOf } from '#shared/config-warnings.ts';
import { type Finding, warning } from './finding.ts';

export const judgeConfiguration = (config: Config): Finding[] =>
  warningsOf(config).map(({ says }) =>
    warning('configuration', says, 'Change "bff" in cdk.json, then deploy.'),
  );
