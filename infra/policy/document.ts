// Policies in IAM's JSON form, with only the elements that ours use.

export type OneOrMore = string | readonly string[];

export type Conditions = Readonly<
  Record<string, Readonly<Record<string, OneOrMore | number | boolean>>>
>;

export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  /** Only in the policy of a resource. The root of an account stands for what the account's IAM allows. */
  readonly Principal?: '*' | { readonly AWS: OneOrMore };
  readonly Action: OneOrMore;
  readonly Resource: OneOrMore;
  readonly Condition?: Conditions;
}

export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

export const policy = (statements: readonly Statement[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements,
});

export const listed = (value: OneOrMore): readonly string[] =>
  typeof value === 'string' ? [value] : value;
