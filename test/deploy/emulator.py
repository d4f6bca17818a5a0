"""Runs ministack, with two things put as AWS has them. Nothing of ours is changed or weakened for it."""

import http.client
import re

from ministack import app
from ministack.services import cloudfront, lambda_svc


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


cookies_as_http_apis_deliver_them()
cloudfront_reaches_http_apis()
app.main()
