"""Runs ministack, with a few things put as AWS has them. Nothing of ours is changed or weakened for it."""

import fnmatch
import http.client
import io
import re
import zipfile

from ministack import app
from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, request_scope
from ministack.services import cloudfront, lambda_svc, s3
from ministack.services.cloudformation import custom_resource, engine


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


cookies_as_http_apis_deliver_them()
the_cdks_own_functions_have_their_tools()
cloudfront_reads_buckets_over_tls()
outputs_of_other_regions()
cloudfront_reaches_http_apis()
app.main()
