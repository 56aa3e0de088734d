"""Whether a bucket's policy lets CloudFront read.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_SERVICE = "cloudfront.amazonaws.com"


@dataclass(frozen=True)
class Access:
    """One access to a bucket. `context` has its condition keys, with names in lower case.

    `signed`: by CloudFront itself, for a distribution; otherwise nobody in particular asks.
    """

    action: str
    resource: str
    signed: bool
    context: Mapping[str, str] = field(default_factory=dict)


def allowed(policy: Mapping[str, Any], access: Access) -> bool:
    """Whether some statement allows the access and none denies it."""
    statements = _listed(policy.get("Statement", ()))
    effects = {item.get("Effect") for item in statements if _applies(item, access)}
    return "Allow" in effects and "Deny" not in effects


def _applies(statement: Mapping[str, Any], access: Access) -> bool:
    return (
        _principal(statement, access)
        and _names(statement, "Action", access.action, ignore_case=True)
        and _names(statement, "Resource", access.resource)
        and _conditions(statement, access.context)
    )


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _principal(statement: Mapping[str, Any], access: Access) -> bool:
    if "NotPrincipal" in statement:
        return not _is_named(statement["NotPrincipal"], access)
    return _is_named(statement.get("Principal", {}), access)


def _is_named(principal: Any, access: Access) -> bool:
    if principal == "*":
        return True
    if not isinstance(principal, Mapping):
        return False
    services = _listed(principal.get("Service", []))
    return "*" in _listed(principal.get("AWS", [])) or (access.signed and _SERVICE in services)


def _names(
    statement: Mapping[str, Any], element: str, value: str, *, ignore_case: bool = False
) -> bool:
    negated = f"Not{element}" in statement
    patterns = _listed(statement.get(f"Not{element}" if negated else element, []))
    found = any(like(pattern, value, ignore_case=ignore_case) for pattern in patterns)
    return found != negated


def like(pattern: str, value: str, *, ignore_case: bool = False) -> bool:
    """Whether a pattern of `*` and `?` matches the whole value."""
    parts = {"*": ".*", "?": "."}
    source = "".join(parts.get(char, re.escape(char)) for char in pattern)
    return bool(re.fullmatch(source, value, re.DOTALL | (re.IGNORECASE if ignore_case else 0)))


def _equal(pattern: str, value: str) -> bool:
    return pattern == value


def _equal_ignoring_case(pattern: str, value: str) -> bool:
    return pattern.lower() == value.lower()


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "stringequals": _equal,
    "stringequalsignorecase": _equal_ignoring_case,
    "stringlike": like,
    "arnequals": like,
    "arnlike": like,
    "bool": _equal_ignoring_case,
    "numericequals": _equal,
}


def _conditions(statement: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    # What is not understood must not let anything in: it holds for Deny and fails for Allow.
    unknown = statement.get("Effect") == "Deny"
    return all(
        _condition(operator, key, _texts(values), context, unknown=unknown)
        for operator, pairs in statement.get("Condition", {}).items()
        for key, values in pairs.items()
    )


def _texts(values: Any) -> list[str]:
    items = _listed(values)
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in items]


def _condition(
    operator: str, key: str, values: Sequence[str], context: Mapping[str, str], *, unknown: bool
) -> bool:
    name = operator.lower()
    found = context.get(key.lower())
    if name == "null":
        return (found is None) == (values[0].lower() == "true")
    optional = name.endswith("ifexists")
    plain = name.removesuffix("ifexists")
    negated = "not" in plain
    compare = _OPERATORS.get(plain.replace("not", "", 1))
    if compare is None:
        return unknown
    if found is None:
        return optional or negated
    return any(compare(value, found) for value in values) != negated
