"""Builds the view of distributions from what the CloudFront API describes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from localcloud.cdn.model import (
    AddedHeader,
    Behavior,
    CachePolicy,
    Cors,
    Distribution,
    ErrorRule,
    ForwardPolicy,
    Origin,
    ResponsePolicy,
    Selection,
)

Data = Mapping[str, Any]

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
_S3 = re.compile(r"([a-z0-9][a-z0-9.-]*)\.s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com")
_GET = frozenset(("GET", "HEAD"))


@dataclass(frozen=True)
class Policies:
    """What the behaviors of a distribution name, by id; `signing` are the OACs that sign."""

    cache: Mapping[str, CachePolicy] = field(default_factory=dict)
    forward: Mapping[str, ForwardPolicy] = field(default_factory=dict)
    response: Mapping[str, ResponsePolicy] = field(default_factory=dict)
    signing: frozenset[str] = frozenset()


def _items(data: Data, name: str) -> list[Any]:
    return list((data.get(name) or {}).get("Items") or ())


def distribution(data: Data, policies: Policies) -> Distribution:
    """Build a distribution from its description in GetDistribution."""
    config = data["DistributionConfig"]
    behaviors = [*_items(config, "CacheBehaviors"), config["DefaultCacheBehavior"]]
    origins = {item["Id"]: origin(item, policies) for item in _items(config, "Origins")}
    for group in _items(config, "OriginGroups"):  # only its primary origin is asked here
        origins[group["Id"]] = origins[_items(group, "Members")[0]["OriginId"]]
    return Distribution(
        data["Id"],
        data["ARN"],
        data["DomainName"].lower(),
        config["Enabled"],
        tuple(behavior(item, policies) for item in behaviors),
        origins,
        config.get("DefaultRootObject") or "",
        {int(item["ErrorCode"]): _rule(item) for item in _items(config, "CustomErrorResponses")},
    )


def _rule(data: Data) -> ErrorRule:
    page = data.get("ResponsePagePath") or ""
    return ErrorRule(
        page, int(data.get("ResponseCode") or 0), float(data.get("ErrorCachingMinTTL") or 0)
    )


def origin(data: Data, policies: Policies) -> Origin:
    """Build an origin from its description in a distribution's configuration."""
    custom = data.get("CustomOriginConfig") or {}
    found = _S3.fullmatch(data["DomainName"].lower())
    secure = custom.get("OriginProtocolPolicy") == "https-only"
    return Origin(
        data["Id"],
        data["DomainName"].lower(),
        data.get("OriginPath") or "",
        tuple((i["HeaderName"], i["HeaderValue"]) for i in _items(data, "CustomHeaders")),
        found[1] if found and not custom else "",
        data.get("OriginAccessControlId", "") in policies.signing,
        int(custom.get("HTTPSPort", 443) if secure else custom.get("HTTPPort", 80)),
        float(data.get("ConnectionTimeout") or 10),
        float(custom.get("OriginReadTimeout") or 30),
        int(data.get("ConnectionAttempts") or 3),
    )


def behavior(data: Data, policies: Policies) -> Behavior:
    """Build a cache behavior; one without a cache policy has the older ForwardedValues."""
    methods = data.get("AllowedMethods") or {}
    named = data.get("CachePolicyId")
    cache, forward = (
        (policies.cache.get(named, CachePolicy()), ForwardPolicy()) if named else legacy(data)
    )
    return Behavior(
        data["TargetOriginId"],
        data.get("PathPattern") or "*",
        data.get("ViewerProtocolPolicy", "allow-all"),
        frozenset(methods.get("Items") or _GET),
        _GET | frozenset(_items(methods, "CachedMethods")),
        bool(data.get("Compress")),
        cache,
        policies.forward.get(data.get("OriginRequestPolicyId", ""), forward),
        policies.response.get(data.get("ResponseHeadersPolicyId", ""), ResponsePolicy()),
        {i["EventType"]: i["FunctionARN"] for i in _items(data, "FunctionAssociations")},
    )


def legacy(data: Data) -> tuple[CachePolicy, ForwardPolicy]:
    """Return what ForwardedValues and the behavior's own TTLs amount to."""
    values = data.get("ForwardedValues") or {}
    cookies = values.get("Cookies") or {}
    headers = frozenset(name.lower() for name in _items(values, "Headers"))
    policy = CachePolicy(
        float(data.get("MinTTL") or 0),
        float(data.get("DefaultTTL", 86400)),
        float(data.get("MaxTTL", 31536000)),
        gzip=bool(data.get("Compress")),
        headers=Selection("all") if "*" in headers else Selection("whitelist", headers),
        cookies=Selection(
            cookies.get("Forward", "none"), frozenset(_items(cookies, "WhitelistedNames"))
        ),
        queries=_legacy_queries(values),
    )
    return policy, ForwardPolicy()


def _legacy_queries(values: Data) -> Selection:
    if not values.get("QueryString"):
        return Selection()
    keys = frozenset(_items(values, "QueryStringCacheKeys"))
    return Selection("whitelist", keys) if keys else Selection("all")


def _selections(data: Data) -> tuple[Selection, Selection, Selection]:
    headers, cookies = data.get("HeadersConfig") or {}, data.get("CookiesConfig") or {}
    queries = data.get("QueryStringsConfig") or {}
    names = frozenset(name.lower() for name in _items(headers, "Headers"))
    return (
        Selection(headers.get("HeaderBehavior", "none"), names),
        Selection(cookies.get("CookieBehavior", "none"), frozenset(_items(cookies, "Cookies"))),
        Selection(
            queries.get("QueryStringBehavior", "none"), frozenset(_items(queries, "QueryStrings"))
        ),
    )


def cache_policy(config: Data) -> CachePolicy:
    """Build a cache policy from a CachePolicyConfig."""
    keyed = config.get("ParametersInCacheKeyAndForwardedToOrigin") or {}
    return CachePolicy(
        float(config["MinTTL"]),
        float(config.get("DefaultTTL", 86400)),
        float(config.get("MaxTTL", 31536000)),
        bool(keyed.get("EnableAcceptEncodingGzip")),
        bool(keyed.get("EnableAcceptEncodingBrotli")),
        *_selections(keyed),
    )


def forward_policy(config: Data) -> ForwardPolicy:
    """Build an origin request policy from an OriginRequestPolicyConfig."""
    return ForwardPolicy(*_selections(config))


def response_policy(config: Data) -> ResponsePolicy:
    """Build a response headers policy from a ResponseHeadersPolicyConfig."""
    security = _security(config.get("SecurityHeadersConfig") or {})
    custom = tuple(
        AddedHeader(item["Header"], item["Value"], bool(item.get("Override")))
        for item in _items(config, "CustomHeadersConfig")
    )
    removed = tuple(item["Header"] for item in _items(config, "RemoveHeadersConfig"))
    return ResponsePolicy(security + custom, removed, _cors(config.get("CorsConfig")))


def _security(config: Data) -> tuple[AddedHeader, ...]:
    values = {
        "XSSProtection": ("X-XSS-Protection", _xss),
        "FrameOptions": ("X-Frame-Options", lambda item: item["FrameOption"]),
        "ReferrerPolicy": ("Referrer-Policy", lambda item: item["ReferrerPolicy"]),
        "ContentSecurityPolicy": (
            "Content-Security-Policy",
            lambda item: item["ContentSecurityPolicy"],
        ),
        "ContentTypeOptions": ("X-Content-Type-Options", lambda _: "nosniff"),
        "StrictTransportSecurity": ("Strict-Transport-Security", _hsts),
    }
    return tuple(
        AddedHeader(header, value(config[name]), bool(config[name].get("Override")))
        for name, (header, value) in values.items()
        if config.get(name)
    )


def _xss(item: Data) -> str:
    if not item.get("Protection"):
        return "0"
    block = "; mode=block" if item.get("ModeBlock") else ""
    return "1" + block + (f"; report={item['ReportUri']}" if item.get("ReportUri") else "")


def _hsts(item: Data) -> str:
    flags = ("; includeSubDomains" if item.get("IncludeSubdomains") else "") + (
        "; preload" if item.get("Preload") else ""
    )
    return f"max-age={item['AccessControlMaxAgeSec']}{flags}"


def _cors(config: Data | None) -> Cors | None:
    if not config:
        return None
    return Cors(
        tuple(_items(config, "AccessControlAllowOrigins")),
        tuple(_items(config, "AccessControlAllowHeaders")),
        tuple(_items(config, "AccessControlAllowMethods")),
        tuple(_items(config, "AccessControlExposeHeaders")),
        bool(config.get("AccessControlAllowCredentials")),
        config.get("AccessControlMaxAgeSec"),
        bool(config.get("OriginOverride")),
    )
