"""Reads MiniStack's distributions through its public CloudFront API."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urlencode

from botocore.parsers import create_parser

from localcloud.cdn import parse
from localcloud.cdn.functions import name_of
from localcloud.cdn.model import Snapshot
from localcloud.cdn.s3 import Ask, authorization
from localcloud.wire import service_model

T = TypeVar("T")
LOCAL_PORT = "LocalPort"  # the tag by which an environment says where its URL points
_OK = 200


class ControlPlane:
    """Describes the distributions of one account at a time. `ask` asks MiniStack."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def snapshot(self, account: str) -> Snapshot:
        """Return everything that `account` has."""
        calls = _Calls(self._ask, authorization(account, "us-east-1", "cloudfront"))
        listed = await calls.get("ListDistributions")
        summaries = (listed or {}).get("DistributionList", {}).get("Items") or []
        described = [await calls.get("GetDistribution", Id=item["Id"]) for item in summaries]
        found = [item["Distribution"] for item in described if item]
        ports = {item["Id"]: await _port(calls, item["ARN"]) for item in found}
        configs = [item["DistributionConfig"] for item in found]
        policies = await _policies(calls, configs)
        return Snapshot(
            {
                item["Id"]: replace(parse.distribution(item, policies), port=ports[item["Id"]])
                for item in found
            },
            await _functions(calls, configs),
        )


async def _port(calls: "_Calls", arn: str) -> int:
    """Return the port that the distribution's tag LocalPort asks for, 0 if it asks for none."""
    reply = await calls.get("ListTagsForResource", query=urlencode({"Resource": arn}))
    tags = (reply or {}).get("Tags", {}).get("Items") or ()
    wanted = next((tag.get("Value", "") for tag in tags if tag["Key"] == LOCAL_PORT), "")
    return int(wanted) if wanted.isdigit() else 0


async def _policies(calls: "_Calls", configs: list[Mapping[str, Any]]) -> parse.Policies:
    behaviors = [item for config in configs for item in _behaviors(config)]

    async def named(kind: str, make: Callable[[Mapping[str, Any]], T]) -> dict[str, T]:
        found: dict[str, T] = {}
        for key in {item[f"{kind}Id"] for item in behaviors if item.get(f"{kind}Id")}:
            reply = await calls.get(f"Get{kind}", Id=key)
            if reply:
                found[key] = make(reply[kind][f"{kind}Config"])
        return found

    return parse.Policies(
        await named("CachePolicy", parse.cache_policy),
        await named("OriginRequestPolicy", parse.forward_policy),
        await named("ResponseHeadersPolicy", parse.response_policy),
        await _signing(calls, configs),
    )


def _behaviors(config: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    more = (config.get("CacheBehaviors") or {}).get("Items") or ()
    return [config["DefaultCacheBehavior"], *more]


async def _signing(calls: "_Calls", configs: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Return the ids of the origin access controls by which requests to S3 are signed."""
    origins = [item for config in configs for item in config["Origins"]["Items"]]
    found = set()
    for key in {item.get("OriginAccessControlId") for item in origins} - {None, ""}:
        reply = await calls.get("GetOriginAccessControl", Id=key)
        config = (reply or {}).get("OriginAccessControl", {}).get("OriginAccessControlConfig", {})
        kind = config.get("OriginAccessControlOriginType")
        if kind == "s3" and config.get("SigningBehavior") != "never":
            found.add(key)
    return frozenset(found)


async def _functions(calls: "_Calls", configs: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the code of the published functions, by ARN."""
    arns = {
        item["FunctionARN"]
        for config in configs
        for behavior in _behaviors(config)
        for item in (behavior.get("FunctionAssociations") or {}).get("Items") or ()
    }
    codes = {arn: await calls.code(name_of(arn)) for arn in arns}
    return {arn: code for arn, code in codes.items() if code is not None}


class _Calls:
    def __init__(self, ask: Ask, headers: Mapping[str, str]) -> None:
        self._ask = ask
        self._headers = headers

    async def get(self, action: str, query: str = "", **fields: str) -> dict[str, Any] | None:
        """Return the parsed reply, or None if there is no such thing."""
        operation = service_model("cloudfront").operation_model(action)
        path = operation.http["requestUri"].format(**fields)
        reply = await self._ask("GET", path, query=query, headers=self._headers)
        if reply.status != _OK:
            return None
        assert operation.output_shape is not None  # noqa: S101 - every Get has an output
        response = {"status_code": reply.status, "headers": {}, "body": reply.body}
        parsed: dict[str, Any] = create_parser("rest-xml").parse(response, operation.output_shape)
        return parsed

    async def code(self, name: str) -> str | None:
        path = f"/2020-05-31/function/{name}"
        reply = await self._ask("GET", path, query="Stage=LIVE", headers=self._headers)
        return reply.body.decode() if reply.status == _OK else None
