// Policies that lack one thing: a right, a value, a condition.
import { listed, type OneOrMore, type Statement } from '#infra/policy/document.ts';

export interface Changed {
  /** What is missing, in words. */
  lacks: string;
  statements: readonly Statement[];
}

/** Without one action, one resource, or one of the values that a condition admits. */
export function narrower(
  statements: readonly Statement[],
  effect?: Statement['Effect'],
): Changed[] {
  return statements.flatMap((statement, at) => {
    if (statement.Effect !== (effect ?? statement.Effect)) return [];
    const instead = (lacks: string, changed: Statement | undefined): Changed => ({
      lacks: `${nameOf(statement)}: ${lacks}`,
      statements: changed
        ? statements.with(at, changed)
        : statements.filter((one) => one !== statement),
    });
    const { Action, Resource, Condition = {} } = statement;
    const actions = without(Action).map(([one, Actions]) =>
      instead(one, Actions && { ...statement, Action: Actions }),
    );
    const resources = without(Resource).map(([one, Resources]) =>
      instead(one, Resources && { ...statement, Resource: Resources }),
    );
    const values = Object.entries(Condition).flatMap(([operator, keys]) =>
      Object.entries(keys).flatMap(([key, wanted]) =>
        Array.isArray(wanted) && wanted.length > 1
          ? without(wanted as string[]).map(([one, rest]) =>
              instead(`${key} ${one}`, {
                ...statement,
                Condition: { ...Condition, [operator]: { ...keys, [key]: rest ?? [] } },
              }),
            )
          : [],
      ),
    );
    return [...actions, ...resources, ...values];
  });
}

/** Without one condition each. */
export function withoutConditions(statements: readonly Statement[]): Changed[] {
  return statements.flatMap((statement, at) =>
    Object.entries(statement.Condition ?? {}).flatMap(([operator, keys]) =>
      Object.keys(keys).map((key) => {
        const { [key]: _, ...others } = keys;
        const changed = { ...statement.Condition, [operator]: others };
        return {
          lacks: `${nameOf(statement)}: ${operator} ${key}`,
          statements: statements.with(at, { ...statement, Condition: changed }),
        };
      }),
    ),
  );
}

/** Each of the values, and what is left without it; nothing if it was the only one. */
function without(values: OneOrMore): [string, readonly string[] | undefined][] {
  const all = listed(values);
  return all.map((one) => [one, all.length > 1 ? all.filter((other) => other !== one) : undefined]);
}

const nameOf = ({ Sid, Action }: Statement) => Sid ?? listed(Action).join(' ');
