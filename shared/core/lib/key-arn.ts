// The parts of a key's ARN: `arn:aws:kms:<region>:<account>:key/<id>`. The copies of a multi-Region key differ only in the
// Region.

export const regionOf = (id: string): string | undefined => /^arn:[^:]+:kms:([^:]+):/.exec(id)?.[1];

/** The same key in another Region. */
export const idIn = (region: string, id: string): string =>
  id.replace(/^(arn:[^:]+:kms:)[^:]+:/, `$1${region}:`);
