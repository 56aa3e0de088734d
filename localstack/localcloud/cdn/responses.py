"""What an edge makes of a response's headers before a viewer gets it."""

from collections.abc import Sequence

from multidict import CIMultiDict

from localcloud.cdn.access import like
from localcloud.cdn.messages import Answer
from localcloud.cdn.model import Cors, ResponsePolicy

_POP = "LOC1-P1"  # where this edge stands
_NOT_SHOWN = ("X-Amz-Id-2", "X-Amz-Request-Id")


def with_policy(
    headers: CIMultiDict[str], policy: ResponsePolicy, asked: CIMultiDict[str], *, preflight: bool
) -> CIMultiDict[str]:
    """Return the headers as a response headers policy makes them; `asked` are the viewer's.

    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html
    """
    made = headers.copy()
    for name in policy.removed:
        made.popall(name, None)
    for added in policy.added:
        if added.override or added.name not in made:
            made[added.name] = added.value
    if policy.cors and "Origin" in asked:
        _add_cors(made, policy.cors, asked["Origin"], preflight=preflight)
    return made


def _add_cors(made: CIMultiDict[str], cors: Cors, origin: str, *, preflight: bool) -> None:
    if "Access-Control-Allow-Origin" in made and not cors.override:
        return
    for name in [name for name in made if name.lower().startswith("access-control-")]:
        made.popall(name, None)
    if not any(like(pattern, origin) or like(f"*://{pattern}", origin) for pattern in cors.origins):
        return
    any_origin = "*" in cors.origins and not cors.credentials
    made["Access-Control-Allow-Origin"] = "*" if any_origin else origin
    if not any_origin:
        made.add("Vary", "Origin")
    if cors.credentials:
        made["Access-Control-Allow-Credentials"] = "true"
    _add_list(made, "Access-Control-Expose-Headers", cors.expose)
    if preflight:
        _add_list(made, "Access-Control-Allow-Methods", cors.methods)
        _add_list(made, "Access-Control-Allow-Headers", cors.headers)
        if cors.max_age is not None:
            made["Access-Control-Max-Age"] = str(cors.max_age)


def _add_list(made: CIMultiDict[str], name: str, values: Sequence[str]) -> None:
    if values:
        made[name] = ", ".join(values)


def mark(answer: Answer, request_id: str) -> None:
    """Put on the headers by which every response of CloudFront is known."""
    headers = answer.headers
    for name in _NOT_SHOWN:
        headers.popall(name, None)
    headers["X-Cache"] = answer.cache
    headers.add("Via", f"1.1 {request_id[:32].lower()}.cloudfront.net (CloudFront)")
    headers["X-Amz-Cf-Pop"] = _POP
    headers["X-Amz-Cf-Id"] = request_id
    if answer.age is not None:
        headers["Age"] = str(answer.age)
