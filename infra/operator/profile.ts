// Checks whether a profile exists: for a missing one, the SDK only says that it has no Region.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Returns undefined when it exists. */
export function profileFault(
  profile: string,
  env: Record<string, string | undefined> = process.env,
): string | undefined {
  const files = [
    env.AWS_CONFIG_FILE ?? join(homedir(), '.aws/config'),
    env.AWS_SHARED_CREDENTIALS_FILE ?? join(homedir(), '.aws/credentials'),
  ];
  const known = new Set(files.flatMap(profilesIn));
  if (known.has(profile)) return undefined;
  const others = known.size > 0 ? `there are ${[...known].join(', ')}` : 'there are no profiles';
  return `no AWS credentials were found: there is no profile ${profile} in ${files.join(' or ')}: ${others}`;
}

function profilesIn(file: string): string[] {
  try {
    const sections = readFileSync(file, 'utf8').matchAll(
      /^\s*\[\s*(?:profile\s+)?([^\]]+?)\s*\]/gm,
    );
    return [...sections]
      .map(([, name = '']) => name)
      .filter((name) => !/^(sso-session|services) /.test(name));
  } catch {
    return [];
  }
}
