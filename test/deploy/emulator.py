"""Runs ministack, with a few things put as AWS has them. Nothing of ours is changed or weakened for it."""

import base64
import fnmatch
import http.client
import io
import re
import zipfile

from ministack import app
from ministack.core import iam_evaluator, lambda_runtime
from ministack.core.responses import get_account_id, request_scope
from ministack.services import apigateway_v1, cloudfront, lambda_svc, s3
from ministack.services.cloudformation import changesets, custom_resource, engine, provisioners, stacks
from ministack.services.cloudformation import handlers as handlers_of_stacks


def cookies_as_http_apis_deliver_them() -> None:
    """Payload 2.0 has cookies in an array of its own and not in a header; ministack leaves them in the header."""
    execute = lambda_svc._execute_function_with_config_scope

    def executing(record, event, *more, **named):
        if isinstance(event, dict) and event.get("version") == "2.0" and "rawPath" in event:
            headers = dict(event["headers"])
            cookie = headers.pop("cookie", None)
            event = {**event, "headers": headers}
            if cookie:
                event["cookies"] = [pair.strip() for pair in cookie.split(";")]
        return execute(record, event, *more, **named)

    lambda_svc._execute_function_with_config_scope = executing


def cloudfront_reaches_http_apis() -> None:
    """ministack refuses to call names of AWS; this one is its own HTTP API."""
    forward = cloudfront._forward_to_origin

    def forwarding(origin, method, uri, query, headers, body, *more):
        api = re.match(r"([0-9a-z]+)\.execute-api\.", origin["domain_name"])
        if not api:
            return forward(origin, method, uri, query, headers, body, *more)
        made = cloudfront._origin_request_headers(origin, headers, *more[1:])
        sent = {name: value for name, value in made.items() if name.lower() != "host"}
        sent["Host"] = f"{api[1]}.execute-api.{app._MINISTACK_HOST}"
        connection = http.client.HTTPConnection("127.0.0.1", int(app._resolve_port()), timeout=35)
        try:
            connection.request(method, uri + (f"?{query}" if query else ""), body or None, sent)
            answer = connection.getresponse()
            return answer.status, answer.reason, answer.getheaders(), answer.read()
        finally:
            connection.close()

    cloudfront._forward_to_origin = forwarding


def the_cdks_own_functions_have_their_tools() -> None:
    """The CDK uploads files with the AWS CLI of a layer, and empties buckets with the SDK of Lambda's runtime. There is
    neither here: these two do what those functions do. Every other custom resource runs as it is."""
    invoke = custom_resource.invoke_custom_resource

    def invoking(request_type, logical_id, props, stack_name, stack_id, resource_type, physical_id=None, old_props=None):
        if resource_type == "Custom::CDKBucketDeployment":
            if request_type != "Delete":
                upload(props)
            return physical_id or f"uploaded-{logical_id}", {}
        if resource_type == "Custom::S3AutoDeleteObjects":
            if request_type == "Delete":
                empty(props["BucketName"])
            return physical_id or f"emptied-{logical_id}", {}
        return invoke(request_type, logical_id, props, stack_name, stack_id, resource_type, physical_id, old_props)

    custom_resource.invoke_custom_resource = invoking


def upload(props: dict) -> None:
    """As `aws s3 sync` takes its filters: the last one that fits decides."""
    bucket = props["DestinationBucketName"]
    headers = dict(props.get("SystemMetadata") or {})
    for source, key in zip(props["SourceBucketNames"], props["SourceObjectKeys"]):
        body = s3._get_object_data(source, key)
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for name in archive.namelist():
                if name.endswith("/") or not chosen(name, props):
                    continue
                answer = s3._put_object(bucket, name, archive.read(name), headers)
                if answer[0] >= 300:
                    raise RuntimeError(f"{name} was not uploaded: {answer}")


def chosen(name: str, props: dict) -> bool:
    taken = not any(fnmatch.fnmatch(name, pattern) for pattern in props.get("Exclude") or [])
    return taken or any(fnmatch.fnmatch(name, pattern) for pattern in props.get("Include") or [])


def empty(bucket: str) -> None:
    for key in list((s3._buckets.get(bucket) or {}).get("objects", {})):
        s3._delete_object(bucket, key)


def cloudfront_reads_buckets_over_tls() -> None:
    """ministack reads them in its own process, which its policies take for a request in the clear."""
    evaluate = iam_evaluator.evaluate_resource_policy

    def evaluating(policy, context, *more, service=None, **named):
        if service == "cloudfront.amazonaws.com":
            context.secure_transport = True
        return evaluate(policy, context, *more, service=service, **named)

    iam_evaluator.evaluate_resource_policy = evaluating


def outputs_of_other_regions() -> None:
    """Fn::GetStackOutput may name a Region (CloudFormation User Guide); ministack looks in the stack's own only."""
    resolve = engine._resolve_refs

    def resolving(value, *more):
        spec = value.get("Fn::GetStackOutput") if isinstance(value, dict) else None
        if not isinstance(spec, dict) or "Region" not in spec:
            return resolve(value, *more)
        names = {name: resolve(part, *more) for name, part in spec.items()}
        with request_scope(get_account_id(), names.pop("Region")):
            return resolve({"Fn::GetStackOutput": names}, *more)

    engine._resolve_refs = resolving


def distributions_answer_under_their_aliases() -> None:
    """ministack knows them by their own name only. Where a name leads is Route 53's matter, which the tests look up."""
    parse = app._parse_cloudfront_dataplane_host

    def parsing(host):
        label = parse(host)
        if label:
            return label
        name = host.split(":")[0].lower()
        for distribution in cloudfront._distributions.values():
            if name in cloudfront._get_distribution_aliases(distribution):
                return distribution["DomainName"].split(".")[0]
        return None

    app._parse_cloudfront_dataplane_host = parsing


# What Lambda's Node runtime gives to functions that stream. Here the answer is kept until it is whole: ministack's
# functions answer in one line of JSON, and its CloudFront reads an answer to the end before it passes any of it on.
RESPONSE_STREAM = r"""
globalThis.awslambda = {
  streamifyResponse: (handler) => async (event, context) => {
    const chunks = [];
    const out = new (require("stream").Writable)({
      write(chunk, encoding, done) { chunks.push(chunk); done(); },
    });
    const over = new Promise((resolve) => out.on("close", resolve));
    await handler(event, out, context);
    await over;
    return { ...out.head, body: Buffer.concat(chunks).toString("base64"), streamed: true };
  },
  HttpResponseStream: { from: (out, head) => Object.assign(out, { head }) },
};
"""


def rest_apis_take_streams() -> None:
    """Integrations with ResponseTransferMode STREAM invoke at a path of their own, and bodies are bytes."""
    lambda_runtime._NODEJS_WORKER_SCRIPT = RESPONSE_STREAM + lambda_runtime._NODEJS_WORKER_SCRIPT
    reference = apigateway_v1._extract_lambda_ref_from_integration_uri
    shape = apigateway_v1._lambda_proxy_response

    def referring(uri):
        return reference(uri.replace("/response-streaming-invocations", "/invocations"))

    def shaping(result):
        answer, error = shape(result)
        if isinstance(answer, dict) and answer.pop("streamed", False):
            answer["body"] = base64.b64decode(answer["body"])
            answer["multiValueHeaders"] = {"set-cookie": answer.pop("cookies", [])}
        return answer, error

    apigateway_v1._extract_lambda_ref_from_integration_uri = referring
    apigateway_v1._lambda_proxy_response = shaping


def log_groups_are_named_by_their_stack() -> None:
    """CloudFormation names what has no name <stack>-<logical id>-<suffix>. ministack does so, but for log groups."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Logs::LogGroup"]
    create, update = handlers["create"], handlers["update"]

    def creating(logical_id, props, stack_name):
        name = props.get("LogGroupName") or provisioners._physical_name(stack_name, logical_id)
        return create(logical_id, {**props, "LogGroupName": name}, stack_name)

    def updating(physical_id, old, new, *more, **named):
        name = new.get("LogGroupName") or physical_id
        return update(physical_id, old, {**new, "LogGroupName": name}, *more, **named)

    handlers.update(create=creating, update=updating)


def global_tables_are_imported_as_tables_are() -> None:
    """CloudFormation imports an AWS::DynamoDB::GlobalTable by its TableName; ministack only an AWS::DynamoDB::Table."""
    provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::GlobalTable"].setdefault(
        "import", provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]["import"]
    )
    changesets._IMPORT_LOOKUPS["AWS::DynamoDB::GlobalTable"] = changesets._IMPORT_LOOKUPS["AWS::DynamoDB::Table"]


def outputs_name_what_is_there() -> None:
    """CloudFormation refuses a template whose outputs refer to a resource that is not in it; ministack gives them no
    value."""
    parse = handlers_of_stacks._parse_template

    def parsing(text, *more, **named):
        template = parse(text, *more, **named)
        outputs = (template or {}).get("Outputs") or {}
        known = {*template.get("Resources", {}), *template.get("Parameters", {})}
        for name in referred(outputs):
            if name not in known and not name.startswith("AWS::"):
                raise ValueError(f"Unresolved resource dependencies [{name}] in the Outputs block of the template")
        return template

    for module in (handlers_of_stacks, changesets, stacks):
        if getattr(module, "_parse_template", None) is parse:
            module._parse_template = parsing


class Executable(list):
    """Changes of no resource that can be executed all the same."""

    def __bool__(self) -> bool:
        return True


def changed_outputs_are_deployed() -> None:
    """Where only outputs change, CloudFormation makes a change set that has no changes and can be executed
    (https://github.com/aws/aws-cdk/pull/2029); ministack says that there is nothing to do."""
    resolve, diff = changesets._resolve_props_for_diff, changesets._diff_resources

    def resolving(template, *more):
        return {**resolve(template, *more), "Outputs": (template or {}).get("Outputs")}

    def diffing(old, new, resources, template, *more):
        changes = diff(old, new, resources, template, *more)
        return changes if changes or old["Outputs"] == new["Outputs"] else Executable()

    changesets._resolve_props_for_diff = resolving
    changesets._diff_resources = diffing


def referred(value) -> set:
    if isinstance(value, list):
        return set().union(*map(referred, value))
    if not isinstance(value, dict):
        return set()
    if isinstance(value.get("Ref"), str):
        return {value["Ref"]}
    if "Fn::GetAtt" in value:
        of = value["Fn::GetAtt"]
        return {of[0] if isinstance(of, list) else of.split(".")[0]}
    return set().union(*map(referred, value.values()))


global_tables_are_imported_as_tables_are()
outputs_name_what_is_there()
changed_outputs_are_deployed()
cookies_as_http_apis_deliver_them()
log_groups_are_named_by_their_stack()
distributions_answer_under_their_aliases()
rest_apis_take_streams()
the_cdks_own_functions_have_their_tools()
cloudfront_reads_buckets_over_tls()
outputs_of_other_regions()
cloudfront_reaches_http_apis()
app.main()
