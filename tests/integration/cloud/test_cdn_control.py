"""A distribution's life, call by call as Terraform makes them."""

import socket
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud.distribution import SECURITY_HEADERS, Site, behavior, items
from tests.integration.local_cloud import eventually
from tests.ports import free_port

pytestmark = pytest.mark.ecs


def test_create_update_disable_delete(site: Site) -> None:
    site.publish().put("index.html", "<p>one")
    site.put("start.html", "<p>two")
    site.cdn.get_waiter("distribution_deployed").wait(Id=site.id)
    url = site.url
    assert httpx.get(url, trust_env=False).text == "<p>one"
    site.update(DefaultRootObject="start.html")
    assert httpx.get(url, trust_env=False).text == "<p>two"
    site.update(Enabled=False)
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)
    site.update(Enabled=True)
    assert site.url == url
    site.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)
    site.id = ""


def test_an_update_needs_the_current_etag(site: Site) -> None:
    site.publish()
    reply = site.cdn.get_distribution_config(Id=site.id)
    site.update(Comment="changed")
    with pytest.raises(ClientError) as caught:
        site.cdn.update_distribution(
            Id=site.id, DistributionConfig=reply["DistributionConfig"], IfMatch=reply["ETag"]
        )
    assert caught.value.response["Error"]["Code"] == "PreconditionFailed"


def test_an_enabled_distribution_is_not_deleted(site: Site) -> None:
    site.publish()
    etag = site.cdn.get_distribution_config(Id=site.id)["ETag"]
    with pytest.raises(ClientError) as caught:
        site.cdn.delete_distribution(Id=site.id, IfMatch=etag)
    assert caught.value.response["Error"]["Code"] == "DistributionNotDisabled"


def test_each_has_a_port_of_its_own(site: Site) -> None:
    site.publish().put("index.html", "<p>one")
    other = Site(site.cloud).publish()
    other.put("index.html", "<p>other")
    try:
        assert other.url != site.url
        assert (other.get().text, site.get().text) == ("<p>other", "<p>one")
    finally:
        other.close()


def test_both_kinds_of_localhost(site: Site) -> None:
    site.publish().put("index.html", "<p>one")
    port = site.url.rpartition(":")[2]
    for host in ("127.0.0.1", "[::1]"):
        if host == "[::1]" and not socket.has_ipv6:
            continue
        assert httpx.get(f"http://{host}:{port}/", trust_env=False).text == "<p>one"


def test_a_tag_asks_for_a_port(site: Site) -> None:
    wanted = free_port()
    site.publish(tags={"LocalPort": str(wanted)}).put("index.html", "<p>one")
    assert site.url.endswith(f":{wanted}")
    assert site.get().text == "<p>one"
    other = Site(site.cloud).publish(tags={"LocalPort": str(wanted)})
    try:
        assert other.url != site.url  # taken: any other one
    finally:
        other.close()


@pytest.mark.parametrize("zone", ["net", "localhost"])
def test_by_its_name_on_the_api_port(site: Site, zone: str) -> None:
    site.publish().put("index.html", "<p>one")
    host = {"Host": site.domain.replace(".net", f".{zone}")}
    reply = httpx.get(site.cloud.endpoint, headers=host, trust_env=False)
    assert (reply.text, reply.headers["x-cache"]) == ("<p>one", "Miss from cloudfront")
    site.update(Enabled=False)
    assert httpx.get(site.cloud.endpoint, headers=host, trust_env=False).status_code == 403


def test_http_where_https_is_wanted(site: Site) -> None:
    site.publish(behavior("bucket", ViewerProtocolPolicy="redirect-to-https"))
    reply = site.get("/a?b=1", headers={"Host": "example.com"})
    assert (reply.status_code, reply.headers["location"]) == (301, "https://example.com/a?b=1")
    assert reply.headers["x-cache"] == "Redirect from cloudfront"


def test_https_only(site: Site) -> None:
    site.publish(behavior("bucket", ViewerProtocolPolicy="https-only"))
    assert site.get().status_code == 403


def test_security_headers(site: Site) -> None:
    site.publish(behavior("bucket", ResponseHeadersPolicyId=SECURITY_HEADERS))
    site.put("index.html", "<p>one")
    headers = site.get().headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert headers["strict-transport-security"] == "max-age=31536000"


def headers_policy(site: Site, **parts: Any) -> str:
    config = {"Name": site.name, **parts}
    reply = site.cdn.create_response_headers_policy(ResponseHeadersPolicyConfig=config)
    return str(reply["ResponseHeadersPolicy"]["Id"])


def test_a_response_headers_policy_of_ones_own(site: Site) -> None:
    custom = items(
        {"Header": "X-Mine", "Value": "1", "Override": True},
        {"Header": "Cache-Control", "Value": "no-store", "Override": False},
        {"Header": "Content-Type", "Value": "text/plain", "Override": True},
    )
    policy = headers_policy(
        site,
        CustomHeadersConfig=custom,
        RemoveHeadersConfig=items({"Header": "Server"}),
        CorsConfig={
            "AccessControlAllowOrigins": items("https://a.example"),
            "AccessControlAllowHeaders": items("*"),
            "AccessControlAllowMethods": items("GET"),
            "AccessControlAllowCredentials": False,
            "OriginOverride": True,
        },
    )
    site.publish(behavior("bucket", ResponseHeadersPolicyId=policy))
    site.put("index.html", "<p>one", cache="max-age=60")
    headers = site.get(headers={"Origin": "https://a.example"}).headers
    assert headers["access-control-allow-origin"] == "https://a.example"
    assert (headers["x-mine"], headers["cache-control"]) == ("1", "max-age=60")
    assert headers["content-type"] == "text/plain"
    assert "server" not in headers
    other = site.get(headers={"Origin": "https://b.example"}).headers
    assert "access-control-allow-origin" not in other


def test_a_changed_policy_is_followed(site: Site) -> None:
    policy = site.policy(0, 0, 0)
    site.publish(behavior("bucket", policy)).put("index.html", "<p>one")
    assert [site.cached() for _ in range(2)] == ["Miss", "Miss"]
    reply = site.cdn.get_cache_policy_config(Id=policy)
    config = {**reply["CachePolicyConfig"], "MinTTL": 60, "DefaultTTL": 60, "MaxTTL": 60}
    site.cdn.update_cache_policy(Id=policy, CachePolicyConfig=config, IfMatch=reply["ETag"])
    site.get()
    assert eventually(site.cached, 5) == "Hit"


def test_a_deleted_distribution_is_forgotten(site: Site) -> None:
    site.publish().put("index.html", "<p>one")
    assert site.id in [item["id"] for item in site.cloud.status()["distributions"]]
    site.close()
    assert site.id not in [item["id"] for item in site.cloud.status()["distributions"]]
    site.id = ""


def test_an_origin_group_is_asked_at_its_primary(site: Site) -> None:
    group = {
        "Id": "both",
        "FailoverCriteria": {"StatusCodes": items(500)},
        "Members": items({"OriginId": "bucket"}, {"OriginId": "other"}),
    }
    origins = [site.bucket_origin(), site.bucket_origin(Id="other", OriginPath="/none")]
    site.publish(behavior("both"), origins=origins, OriginGroups=items(group))
    site.put("index.html", "<p>one")
    assert site.get().text == "<p>one"
