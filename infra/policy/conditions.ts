// Evaluates the conditions of a statement against the context of a request, with the IAM operators that our policies
// use. An unknown operator or key is an error: a misspelt one would silently allow or deny too much.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
import { type Conditions, listed, type OneOrMore } from './document.ts';
import { matches, matchesArn } from './wildcards.ts';

/** Keys with several values are lists. An absent key is missing or undefined. */
export type Context = Readonly<Record<string, OneOrMore | undefined>>;

export interface Unmet {
  operator: string;
  key: string;
  wanted: OneOrMore;
  given: OneOrMore | undefined;
}

export function unmetConditions(conditions: Conditions, context: Context): Unmet[] {
  return Object.entries(conditions).flatMap(([operator, keys]) => {
    const holds = operatorNamed(operator);
    return Object.entries(keys).flatMap(([key, value]) => {
      known(key);
      const wanted = textOf(value);
      const given = context[key];
      return holds(wanted, given, key) ? [] : [{ operator, key, wanted, given }];
    });
  });
}

type Test = (wanted: OneOrMore, given: OneOrMore | undefined, key: string) => boolean;

interface Comparison {
  matches: (wanted: string, given: string) => boolean;
  /** True when nothing matches, including when the key is absent. */
  negated?: boolean;
}

const comparisons: Record<string, Comparison> = {
  StringEquals: { matches: (wanted, given) => wanted === given },
  StringNotEquals: { matches: (wanted, given) => wanted === given, negated: true },
  StringLike: { matches },
  // AWS documents ArnEquals and ArnLike as identical.
  ArnEquals: { matches: matchesArn },
  ArnLike: { matches: matchesArn },
  ArnNotEquals: { matches: matchesArn, negated: true },
  NumericLessThan: { matches: (wanted, given) => given !== '' && Number(given) < Number(wanted) },
  Bool: { matches: (wanted, given) => wanted.toLowerCase() === given.toLowerCase() },
};

const operators = new Map<string, Test>();

function operatorNamed(name: string): Test {
  const made = operators.get(name) ?? testOf(name);
  operators.set(name, made);
  return made;
}

function testOf(name: string): Test {
  if (name === 'Null') return (wanted, given) => (wanted === 'true') === isAbsent(given);
  const [, set, base = '', ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(name) ?? [];
  const comparison = comparisons[base];
  if (!comparison || (set && (ifExists || comparison.negated))) {
    throw new TypeError(`the operator ${name} is not known here`);
  }
  const { negated = false } = comparison;
  const found = (wanted: OneOrMore, value: string) =>
    listed(wanted).some((one) => comparison.matches(one, value));
  if (set === 'ForAllValues') {
    return (wanted, given = []) => listed(given).every((value) => found(wanted, value));
  }
  if (set === 'ForAnyValue') {
    return (wanted, given = []) => listed(given).some((value) => found(wanted, value));
  }
  return (wanted, given, key) => {
    if (given === undefined) return negated || ifExists !== undefined;
    if (typeof given !== 'string') {
      throw new TypeError(`${key} has several values: ${name} needs ForAllValues or ForAnyValue`);
    }
    return found(wanted, given) !== negated;
  };
}

const isAbsent = (given: OneOrMore | undefined) => given === undefined || given.length === 0;

function textOf(value: OneOrMore | number | boolean): OneOrMore {
  const text = typeof value === 'object' ? value : String(value);
  const variable = listed(text).find((one) => one.includes('${'));
  if (variable) throw new TypeError(`policy variables are not known here: ${variable}`);
  return text;
}

const knownKeys = new Set([
  'aws:PrincipalArn',
  'aws:RequestedRegion',
  'aws:TagKeys',
  'dynamodb:LeadingKeys',
  'iam:AWSServiceName',
  'kms:KeySpec',
  'kms:KeyUsage',
  'kms:MultiRegion',
  'kms:ReplicaRegion',
  'kms:MacAlgorithm',
  'kms:SigningAlgorithm',
  'kms:TrailingDaysWithoutKeyUsage',
]);

function known(key: string): void {
  if (knownKeys.has(key) || /^aws:(Resource|Request)Tag\/./.test(key)) return;
  throw new TypeError(`the condition key ${key} is not known here`);
}
