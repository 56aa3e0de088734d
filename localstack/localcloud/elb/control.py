"""Reads MiniStack's load balancers through its public ELBv2 API."""

from typing import Any
from urllib.parse import urlencode

from botocore.parsers import create_parser

from localcloud.asgi import App, Scope, capture, replay
from localcloud.elb.model import (
    Listener,
    LoadBalancer,
    Snapshot,
    TargetGroup,
    attributes,
    parse_group,
    parse_listener,
    parse_load_balancer,
)
from localcloud.elb.overlay import Overlay
from localcloud.wire import service_model

_VERSION = "2015-12-01"


def credential(key: str, region: str) -> str:
    """Return an Authorization header that says whose resources are meant. It signs nothing."""
    scope = f"{key}/20000101/{region}/elasticloadbalancing/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"


class ControlPlane:
    """Describes the load balancers of one account and region at a time.

    `app` is MiniStack; `overlay` remembers what it forgets.
    """

    def __init__(self, app: App, overlay: Overlay) -> None:
        self._app = app
        self._overlay = overlay

    async def snapshot(self, key: str, region: str) -> Snapshot:
        """Return everything that the access key `key` has in `region`."""
        calls = _Calls(self._app, credential(key, region))
        balancers = await calls.describe("DescribeLoadBalancers")
        groups = await calls.describe("DescribeTargetGroups")
        parsed = [await _balancer(calls, item) for item in balancers["LoadBalancers"]]
        listeners = [
            listener for item in parsed for listener in await self._listeners(calls, item.arn)
        ]
        return Snapshot(
            {item.arn: item for item in parsed},
            {item.arn: item for item in listeners},
            {item.arn: item for item in [await _group(calls, g) for g in groups["TargetGroups"]]},
        )

    async def _listeners(self, calls: "_Calls", balancer: str) -> list[Listener]:
        reply = await calls.describe("DescribeListeners", LoadBalancerArn=balancer)
        found = []
        for item in reply["Listeners"]:
            rules = await calls.describe("DescribeRules", ListenerArn=item["ListenerArn"])
            whole = [self._overlay.on(rule["RuleArn"], rule) for rule in rules["Rules"]]
            found.append(parse_listener(self._overlay.on(item["ListenerArn"], item), whole))
        return found


async def _balancer(calls: "_Calls", item: dict[str, Any]) -> LoadBalancer:
    arn = item["LoadBalancerArn"]
    reply = await calls.describe("DescribeLoadBalancerAttributes", LoadBalancerArn=arn)
    return parse_load_balancer(item, attributes(reply))


async def _group(calls: "_Calls", item: dict[str, Any]) -> TargetGroup:
    arn = item["TargetGroupArn"]
    reply = await calls.describe("DescribeTargetGroupAttributes", TargetGroupArn=arn)
    return parse_group(item, attributes(reply))


class _Calls:
    def __init__(self, app: App, authorization: str) -> None:
        self._app = app
        self._authorization = authorization

    async def describe(self, action: str, **fields: str) -> dict[str, Any]:
        body = urlencode({"Action": action, "Version": _VERSION, **fields}).encode()
        reply = await capture(self._app, self._scope(len(body)), replay(body, _nothing_more))
        response = {"status_code": reply.status, "headers": {}, "body": reply.body}
        shape = service_model("elbv2").operation_model(action).output_shape
        assert shape is not None  # noqa: S101 - every Describe has an output
        parsed: dict[str, Any] = create_parser("query").parse(response, shape)
        return parsed

    def _scope(self, length: int) -> Scope:
        headers = {
            "host": "localhost",
            "authorization": self._authorization,
            "content-type": "application/x-www-form-urlencoded",
            "content-length": str(length),
        }
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/",
            "raw_path": b"/",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 0),
            "server": ("127.0.0.1", 0),
        }


async def _nothing_more() -> dict[str, Any]:
    return {"type": "http.disconnect"}
