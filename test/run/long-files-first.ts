// The files that take longest begin first, so that no worker is left alone with one at the end. Vitest knows how long
// each took only where it ran before; a fresh checkout goes by this list.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { root } from '#infra/bundle.ts';

const longest = [
  'test/package/package.test.ts',
  'test/journeys/regions.test.ts',
  'test/journeys/oidc-provider.test.ts',
  'test/journeys/keys.test.ts',
  'test/infra/aws/command.test.ts',
  'test/fuzz/linear-time.test.ts',
  'test/faults/faults.test.ts',
  'test/core/keys/rotation/crash.test.ts',
  'test/journeys/device-races.test.ts',
  'test/adapters/stores.test.ts',
  'test/infra/local/run/bundles.test.ts',
  'test/infra/local/start-command.test.ts',
  'test/soak/slow.test.ts',
  'test/journeys/signatures.test.ts',
  'test/journeys/session.test.ts',
  'test/infra/aws/everything.test.ts',
  'test/core/issuer/no-verdict.test.ts',
  'test/core/renewal/refresh.test.ts',
  'test/faults/plan.test.ts',
  'test/infra/operator/command.test.ts',
  'test/journeys/streaming.test.ts',
  'test/infra/operator/documents.test.ts',
  'test/journeys/planted-cookies.test.ts',
  'test/journeys/proxy.test.ts',
  'test/infra/doctor/doctor.test.ts',
  'test/journeys/device-bound.test.ts',
  'test/infra/aws/app/settings.test.ts',
  'test/functions/auth-in-time.test.ts',
  'test/journeys/replicas.test.ts',
  'test/journeys/assertion-key.test.ts',
].map((name) => join(root, name));

export class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const gone = longest.find((file) => !existsSync(file));
    if (gone) throw new Error(`${gone} is on the list of long files and does not exist`);
    const rank = new Map(longest.map((file, index) => [file, index]));
    const rankOf = ({ moduleId }: TestSpecification) => rank.get(moduleId) ?? longest.length;
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => rankOf(a) - rankOf(b));
  }
}
