"""S3 as an origin: asked inside the process, and only for what the bucket's policy allows.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import quote, unquote

from multidict import CIMultiDict

from localcloud.asgi import Reply
from localcloud.cdn.access import Access, allowed
from localcloud.cdn.messages import Fetched, OriginRequest
from localcloud.cdn.model import Distribution, Origin
from localcloud.cdn.pages import s3_error
from localcloud.elb.forwarding import end_to_end

_PASSED = ("Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since",
           "If-Unmodified-Since")  # fmt: skip

# MiniStack allows every origin and has request ids of its own; S3 has neither.
_INVENTED = ("access-control-", "x-amzn-requestid")


class Ask(Protocol):
    """Asks MiniStack. `query` has no "?"."""

    async def __call__(
        self, method: str, path: str, *, query: str = "", headers: Mapping[str, str]
    ) -> Reply: ...


def authorization(account: str, region: str, service: str) -> dict[str, str]:
    """Return a header that says whose resources are meant. It signs nothing."""
    scope = f"{account}/20000101/{region}/{service}/aws4_request"
    signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    return {"authorization": signed}


class S3:
    """The client side for S3 origins. Anonymous and signed requests are told apart here."""

    def __init__(self, ask: Ask, region: str) -> None:
        self._ask = ask
        self._region = region

    async def fetch(
        self, distribution: Distribution, origin: Origin, request: OriginRequest
    ) -> Fetched:
        """Return what S3 answers to CloudFront: the object, 304, 403 or 404."""
        headers = authorization(distribution.account, self._region, "s3")
        policy = await self._policy(origin.bucket, headers)
        if policy is None:
            return s3_error(404, "NoSuchBucket", "The specified bucket does not exist")
        key = unquote(origin.path + request.uri).removeprefix("/")
        if request.method not in ("GET", "HEAD") or not key:
            return _denied()
        arn = f"arn:aws:s3:::{origin.bucket}"
        if not self._may(policy, "s3:GetObject", f"{arn}/{key}", distribution, origin):
            return _denied()
        passed = {name: request.headers[name] for name in _PASSED if name in request.headers}
        path = f"/{origin.bucket}/{quote(key)}"
        reply = await self._ask(request.method, path, headers={**headers, **passed})
        if reply.status == HTTPStatus.NOT_FOUND:
            lists = self._may(policy, "s3:ListBucket", arn, distribution, origin)
            return _no_key(key) if lists else _denied()
        return _fetched(reply)

    async def _policy(self, bucket: str, headers: Mapping[str, str]) -> dict[str, Any] | None:
        """Return the bucket's policy: an empty one if it has none, None without a bucket."""
        reply = await self._ask("GET", f"/{bucket}", query="policy", headers=headers)
        if reply.status == HTTPStatus.OK:
            found: dict[str, Any] = json.loads(reply.body)
            return found
        return None if b"NoSuchBucket<" in reply.body else {}

    def _may(
        self,
        policy: Mapping[str, Any],
        action: str,
        resource: str,
        distribution: Distribution,
        origin: Origin,
    ) -> bool:
        context = {"aws:securetransport": "true"}
        if origin.signed:
            context["aws:sourcearn"] = distribution.arn
            context["aws:sourceaccount"] = distribution.account
        return allowed(policy, Access(action, resource, origin.signed, context))


def _denied() -> Fetched:
    return s3_error(403, "AccessDenied", "Access Denied")


def _no_key(key: str) -> Fetched:
    return s3_error(404, "NoSuchKey", "The specified key does not exist.", key)


def _fetched(reply: Reply) -> Fetched:
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in reply.headers]
    headers: CIMultiDict[str] = CIMultiDict(
        (_written(name), value)
        for name, value in end_to_end(pairs).items()
        if not name.lower().startswith(_INVENTED)
    )
    headers["Server"] = "AmazonS3"
    return Fetched(reply.status, HTTPStatus(reply.status).phrase, headers, reply.body)


def _written(name: str) -> str:
    return "ETag" if name.lower() == "etag" else name.title()
