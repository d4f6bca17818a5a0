// AWS WAF in front of CloudFront: it blocks known attackers, known exploits and unexpected large bodies, and limits how
// often one address may call.
import { CrossStackReferences, ReferenceStrength } from 'aws-cdk-lib';
import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { titleOf } from '#core/errors.ts';
import { mostBytes } from '#core/limits.ts';

/** The limits of the firewall. */
export interface FirewallProps {
  /**
   * The name of this firewall in metrics (dimension `WebACL`), once in an account. `All` and `Default_Action` are AWS's.
   * @default - in a TokenBroker its name, with the Region outside us-east-1; otherwise `firewall`.
   */
  readonly metricName?: string;
  /** The most requests of one address in five minutes. Default: 5000. */
  readonly rateLimit?: number;
  /** The most sign-ins that one address may begin in five minutes. An office often shares one address. Default: 300. */
  readonly signInRateLimit?: number;
  /** Rules of AWSManagedRulesCommonRuleSet that only count, in addition to those that always do. Default: none. */
  readonly countOnly?: readonly string[];
}

/**
 * Uploads and API filters are larger than the rule set expects, and authorization servers call without a User-Agent.
 * The content of a body concerns only the API.
 */
const countOnly = [
  'SizeRestrictions_BODY',
  'SizeRestrictions_QUERYSTRING',
  'CrossSiteScripting_BODY',
  'GenericLFI_BODY',
  'GenericRFI_BODY',
  'EC2MetaDataSSRF_BODY',
  'NoUserAgent_HEADER',
];

/** Belongs in us-east-1, where CloudFront's firewalls are. */
export class Firewall extends Construct {
  /** For a distribution. */
  readonly webAclArn: string;

  constructor(scope: Construct, id: string, props: FirewallProps = {}) {
    super(scope, id);
    const acl = new CfnWebACL(this, 'WebAcl', {
      scope: 'CLOUDFRONT',
      defaultAction: { allow: {} },
      visibilityConfig: visible(props.metricName ?? 'firewall'),
      customResponseBodies: {
        slowDown: problem(
          429,
          'too_many_requests',
          'Too many requests. Please wait a few minutes.',
        ),
        tooLarge: problem(413, 'body_too_large', titleOf('body_too_large')),
      },
      rules: [
        largeBodies(0),
        rate('signIns', 1, props.signInRateLimit ?? 300, pathBegins('/bff/login')),
        rate('requests', 2, props.rateLimit ?? 5000),
        managed('AWSManagedRulesAmazonIpReputationList', 3),
        managed('AWSManagedRulesKnownBadInputsRuleSet', 4),
        managed('AWSManagedRulesCommonRuleSet', 5, [...countOnly, ...(props.countOnly ?? [])]),
      ],
    });
    CrossStackReferences.of(acl).produce(ReferenceStrength.WEAK);
    this.webAclArn = acl.attrArn;
  }
}

const visible = (metricName: string) => ({
  cloudWatchMetricsEnabled: true,
  metricName,
  // Samples would contain complete requests, with cookies and authorization codes.
  sampledRequestsEnabled: false,
});

/** In the form of the broker's own problems. */
const problem = (status: number, code: string, title: string) => ({
  contentType: 'APPLICATION_JSON',
  content: JSON.stringify({ type: 'about:blank', status, code, title }),
});

const pathBegins = (searchString: string): CfnWebACL.StatementProperty => ({
  byteMatchStatement: {
    fieldToMatch: { uriPath: {} },
    positionalConstraint: 'STARTS_WITH',
    searchString,
    textTransformations: [
      { priority: 0, type: 'URL_DECODE' },
      { priority: 1, type: 'LOWERCASE' },
    ],
  },
});

/**
 * Only API calls may have more than 16 kB. The functions refuse larger bodies too, but that occupies one of their
 * environments.
 */
const largeBodies = (priority: number): CfnWebACL.RuleProperty => ({
  name: 'largeBodies',
  priority,
  statement: {
    andStatement: {
      statements: [
        pathBegins('/bff/'),
        { notStatement: { statement: pathBegins('/bff/api/') } },
        {
          sizeConstraintStatement: {
            comparisonOperator: 'GT',
            // WAF reads only the first 16 kB: a longer body matches.
            fieldToMatch: { body: { oversizeHandling: 'MATCH' } },
            size: mostBytes.endpoint,
            textTransformations: [{ priority: 0, type: 'NONE' }],
          },
        },
      ],
    },
  },
  action: {
    block: { customResponse: { responseCode: 413, customResponseBodyKey: 'tooLarge' } },
  },
  visibilityConfig: visible('largeBodies'),
});

function rate(
  name: string,
  priority: number,
  limit: number,
  scopeDownStatement?: CfnWebACL.StatementProperty,
): CfnWebACL.RuleProperty {
  return {
    name,
    priority,
    statement: {
      rateBasedStatement: {
        aggregateKeyType: 'IP',
        limit,
        evaluationWindowSec: 300,
        ...(scopeDownStatement && { scopeDownStatement }),
      },
    },
    action: {
      block: {
        customResponse: {
          responseCode: 429,
          customResponseBodyKey: 'slowDown',
          responseHeaders: [{ name: 'retry-after', value: '300' }],
        },
      },
    },
    visibilityConfig: visible(name),
  };
}

function managed(name: string, priority: number, counted: string[] = []): CfnWebACL.RuleProperty {
  return {
    name,
    priority,
    overrideAction: { none: {} },
    statement: {
      managedRuleGroupStatement: {
        vendorName: 'AWS',
        name,
        ruleActionOverrides: counted.map((rule) => ({
          name: rule,
          actionToUse: { count: {} },
        })),
      },
    },
    visibilityConfig: visible(name),
  };
}
