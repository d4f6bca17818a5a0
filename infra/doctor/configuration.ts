// Settings that people would regret. They are visible in the configuration itself, so nothing is asked for them.
import type { Config } from '#shared/config/schema.ts';
import { warningsOf } from '#shared/config/warnings.ts';
import { type Finding, warning } from './finding.ts';

export const judgeConfiguration = (config: Config): Finding[] =>
  warningsOf(config).map(({ says }) =>
    warning('configuration', says, 'Change "bff" in cdk.json, then deploy.'),
  );
