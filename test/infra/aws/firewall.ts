// What a rule of the firewall does with a request: as much of AWS WAF's language as our rules use.
// https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statements.html

export interface FirewallRule {
  Name: string;
  Priority: number;
  Statement: Statement;
  Action?: {
    Block?: { CustomResponse?: { ResponseCode: number; CustomResponseBodyKey: string } };
  };
}

interface Statement {
  AndStatement?: { Statements: Statement[] };
  NotStatement?: { Statement: Statement };
  ByteMatchStatement?: {
    FieldToMatch: { UriPath?: object };
    PositionalConstraint: string;
    SearchString: string;
    TextTransformations: { Priority: number; Type: string }[];
  };
  SizeConstraintStatement?: {
    ComparisonOperator: string;
    FieldToMatch: { Body?: { OversizeHandling: string } };
    Size: number;
  };
}

interface Asked {
  path: string;
  bytes: number;
}

/** How much of a body WAF reads behind CloudFront, unless it is told otherwise. */
const inspectedBytes = 16_384;

export function matchesFirewall(statement: Statement, asked: Asked): boolean {
  const { AndStatement, NotStatement, ByteMatchStatement, SizeConstraintStatement } = statement;
  if (AndStatement) return AndStatement.Statements.every((one) => matchesFirewall(one, asked));
  if (NotStatement) return !matchesFirewall(NotStatement.Statement, asked);
  if (ByteMatchStatement?.FieldToMatch.UriPath) {
    const { PositionalConstraint, SearchString, TextTransformations } = ByteMatchStatement;
    if (PositionalConstraint !== 'STARTS_WITH') throw new Error(`unknown: ${PositionalConstraint}`);
    const path = TextTransformations.toSorted((a, b) => a.Priority - b.Priority).reduce(
      (text, { Type }) => transformed(text, Type),
      asked.path,
    );
    return path.startsWith(SearchString);
  }
  const { ComparisonOperator, FieldToMatch, Size } = SizeConstraintStatement ?? {};
  if (ComparisonOperator !== 'GT' || !FieldToMatch?.Body || Size === undefined) {
    throw new Error(`unknown statement: ${JSON.stringify(statement)}`);
  }
  if (asked.bytes > inspectedBytes && FieldToMatch.Body.OversizeHandling !== 'CONTINUE') {
    return FieldToMatch.Body.OversizeHandling === 'MATCH';
  }
  return Math.min(asked.bytes, inspectedBytes) > Size;
}

function transformed(text: string, type: string): string {
  if (type === 'URL_DECODE') return decodeURIComponent(text);
  if (type === 'LOWERCASE') return text.toLowerCase();
  throw new Error(`unknown transformation: ${type}`);
}
