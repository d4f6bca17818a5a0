// KMS's refusals, with its own names and texts, and the checks of its request model, which come first.
export class KmsRefusal extends Error {
  readonly status: number;

  constructor(name: string, message = '', status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

export type Input = Record<string, unknown>;

const invalid = (member: string, constraint: string, value?: unknown) => {
  const shown = value === undefined ? '' : value === null ? ' null' : ` '${value}'`;
  return new KmsRefusal(
    'ValidationException',
    `1 validation error detected: Value${shown} at '${member}' failed to satisfy constraint: Member must ${constraint}`,
  );
};

const memberName = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);

export function text(input: Input, name: string): string {
  return optionalText(input, name) ?? fail(invalid(memberName(name), 'not be null', null));
}

export function optionalText(input: Input, name: string): string | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : fail(new KmsRefusal('SerializationException'));
}

export function oneOf<T extends string>(value: string, name: string, values: readonly T[]): T {
  const found = values.find((one) => one === value);
  const set = `satisfy enum value set: [${values.join(', ')}]`;
  return found ?? fail(invalid(memberName(name), set, value));
}

export function matching(value: string, name: string, pattern: RegExp): string {
  if (pattern.test(value)) return value;
  throw invalid(memberName(name), `satisfy regular expression pattern: ${pattern.source}`, value);
}

export function wholeNumber(
  input: Input,
  name: string,
  { min, max, otherwise }: { min: number; max: number; otherwise: number },
): number {
  const value = input[name] ?? otherwise;
  if (!Number.isInteger(value)) throw new KmsRefusal('SerializationException');
  const number = value as number;
  if (number < min)
    throw invalid(memberName(name), `have value greater than or equal to ${min}`, number);
  if (number > max)
    throw invalid(memberName(name), `have value less than or equal to ${max}`, number);
  return number;
}

export function blob(input: Input, name: string, maxBytes: number): Buffer {
  const value = text(input, name);
  const bytes = Buffer.from(value, 'base64');
  if (bytes.toString('base64') !== value) throw new KmsRefusal('SerializationException');
  if (bytes.length < 1) throw invalid(memberName(name), 'have length greater than or equal to 1');
  if (bytes.length > maxBytes) {
    throw invalid(memberName(name), `have length less than or equal to ${maxBytes}`);
  }
  return bytes;
}

export function list(input: Input, name: string): unknown[] {
  const value = input[name] ?? [];
  return Array.isArray(value) ? value : fail(new KmsRefusal('SerializationException'));
}

export interface Tag {
  TagKey: string;
  TagValue: string;
}

export function tags(input: Input): Tag[] {
  const given = list(input, 'Tags').map((tag) => ({
    TagKey: text(tag as Input, 'TagKey'),
    TagValue: text(tag as Input, 'TagValue'),
  }));
  for (const [at, { TagKey, TagValue }] of given.entries()) {
    const member = `tags.${at + 1}.member`;
    if (TagKey.length > 128)
      throw invalid(`${member}.tagKey`, 'have length less than or equal to 128', TagKey);
    if (TagValue.length > 256) {
      throw invalid(`${member}.tagValue`, 'have length less than or equal to 256', TagValue);
    }
    if (/^aws:/i.test(TagKey))
      throw new KmsRefusal('TagException', 'Tags beginning with aws: are reserved');
  }
  if (new Set(given.map((tag) => tag.TagKey)).size < given.length) {
    throw new KmsRefusal('TagException', 'Duplicate tag keys');
  }
  return given;
}

function fail(refusal: KmsRefusal): never {
  throw refusal;
}
