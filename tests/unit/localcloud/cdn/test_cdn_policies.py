from multidict import CIMultiDict

from localcloud.cdn.model import AddedHeader, CachePolicy, Cors, ResponsePolicy, Selection
from localcloud.cdn.parse import Policies, behavior, cache_policy, legacy, origin, response_policy
from localcloud.cdn.responses import with_policy


def applied(policy: ResponsePolicy, headers: dict[str, str], origin: str = "") -> dict[str, str]:
    asked = CIMultiDict({"Origin": origin} if origin else {})
    return dict(with_policy(CIMultiDict(headers), policy, asked, preflight=False))


def test_override() -> None:
    policy = ResponsePolicy((AddedHeader("A", "new", False), AddedHeader("B", "new", True)))
    assert applied(policy, {"a": "old", "b": "old"}) == {"a": "old", "B": "new"}
    assert applied(policy, {}) == {"A": "new", "B": "new"}


def test_removed_before_added() -> None:
    policy = ResponsePolicy((AddedHeader("Server", "mine", False),), ("server", "X-Powered-By"))
    assert applied(policy, {"Server": "x", "X-Powered-By": "y"}) == {"Server": "mine"}


def test_cors() -> None:
    cors = Cors(("https://*.example.com", "https://a.test"), (), ("GET",), credentials=True)
    policy = ResponsePolicy(cors=cors)
    found = applied(policy, {}, "https://www.example.com")
    assert found["Access-Control-Allow-Origin"] == "https://www.example.com"
    assert found["Access-Control-Allow-Credentials"] == "true"
    assert found["Vary"] == "Origin"
    assert "Access-Control-Allow-Methods" not in found
    assert applied(policy, {}, "https://b.test") == {}
    assert applied(policy, {}) == {}
    own = {"Access-Control-Allow-Origin": "own"}
    assert applied(policy, own, "https://a.test") == own


def test_any_origin() -> None:
    policy = ResponsePolicy(cors=Cors(("*",), (), ()))
    assert applied(policy, {}, "https://b.test") == {"Access-Control-Allow-Origin": "*"}


def test_security_headers() -> None:
    config = {
        "SecurityHeadersConfig": {
            "StrictTransportSecurity": {
                "AccessControlMaxAgeSec": 5, "IncludeSubdomains": True, "Preload": True,
                "Override": True,
            },
            "XSSProtection": {"Protection": False, "Override": False},
            "ContentSecurityPolicy": {"ContentSecurityPolicy": "default-src 'self'"},
        }
    }  # fmt: skip
    found = {item.name: item.value for item in response_policy(config).added}
    assert found == {
        "Strict-Transport-Security": "max-age=5; includeSubDomains; preload",
        "X-XSS-Protection": "0",
        "Content-Security-Policy": "default-src 'self'",
    }


def test_a_cache_policy() -> None:
    found = cache_policy(
        {
            "MinTTL": 60,
            "MaxTTL": 600,
            "ParametersInCacheKeyAndForwardedToOrigin": {
                "EnableAcceptEncodingGzip": True,
                "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": {"Items": ["X-A"]}},
            },
        }
    )
    headers = Selection("whitelist", frozenset(("x-a",)))
    assert found == CachePolicy(60, 86400, 600, gzip=True, headers=headers)


def test_a_behavior_of_the_older_kind() -> None:
    values = {"QueryString": True, "Cookies": {"Forward": "all"}, "Headers": {"Items": ["*"]}}
    policy, _ = legacy({"ForwardedValues": values, "MinTTL": 1, "DefaultTTL": 2, "MaxTTL": 3})
    every = Selection("all")
    assert policy == CachePolicy(1, 2, 3, headers=every, cookies=every, queries=every)


def test_a_behavior_with_defaults() -> None:
    found = behavior({"TargetOriginId": "a", "CachePolicyId": "x"}, Policies({"x": CachePolicy()}))
    assert found.allowed == {"GET", "HEAD"}
    assert not found.compress


def test_what_is_a_bucket() -> None:
    signing = Policies(signing=frozenset(("O1",)))
    for domain in ("b.s3.amazonaws.com", "b.s3.eu-west-1.amazonaws.com", "B.S3.amazonaws.com"):
        data = {"Id": "a", "DomainName": domain, "OriginAccessControlId": "O1"}
        found = origin(data, signing)
        assert (found.bucket, found.signed) == ("b", True)
    custom: dict[str, object] = {
        "HTTPPort": 80,
        "HTTPSPort": 8443,
        "OriginProtocolPolicy": "https-only",
    }
    balancer = origin(
        {"Id": "a", "DomainName": "lb.example", "CustomOriginConfig": custom}, signing
    )
    assert (balancer.bucket, balancer.port) == ("", 8443)
