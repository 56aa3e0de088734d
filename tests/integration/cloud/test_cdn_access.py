"""Who may read a private bucket.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
"""

import pytest

from tests.integration.cloud.distribution import Site, behavior

pytestmark = pytest.mark.ecs


@pytest.fixture
def private(site: Site) -> Site:
    site.publish(readable=False)
    site.put("index.html", "<p>hello")
    return site


def test_a_bucket_without_a_policy_is_closed(private: Site) -> None:
    reply = private.get()
    assert reply.status_code == 403
    assert "<Code>AccessDenied</Code>" in reply.text
    assert reply.headers["x-cache"] == "Error from cloudfront"


def test_the_policy_opens_it(private: Site) -> None:
    private.allow("s3:GetObject", "/*")
    assert private.get().text == "<p>hello"


def test_another_distribution_is_not_let_in(private: Site) -> None:
    private.allow("s3:GetObject", "/*", arn=f"{private.arn}X")
    assert private.get().status_code == 403


def test_without_origin_access_control_nobody_asks(site: Site) -> None:
    site.publish(origins=[site.bucket_origin(OriginAccessControlId="")])
    site.put("index.html", "<p>hello")
    assert site.get().status_code == 403


def test_a_deny_wins(private: Site) -> None:
    denied = {
        "Effect": "Deny",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{private.name}/.shipway/*",
    }
    private.put(".shipway/live.json", "{}", "application/json")
    private.allow("s3:GetObject", "/*", denied)
    assert private.get("/.shipway/live.json").status_code == 403
    assert private.get("/%2Eshipway/live.json").status_code == 403
    assert private.get().status_code == 200


def test_a_missing_key_is_told_only_to_who_may_list(private: Site) -> None:
    private.allow("s3:GetObject", "/*")
    assert private.get("/gone.txt").status_code == 403
    arn = f"arn:aws:s3:::{private.name}"
    listing = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:ListBucket",
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceArn": private.arn}},
    }
    private.allow("s3:GetObject", "/*", listing)
    reply = private.get("/gone.txt")
    assert reply.status_code == 404
    assert "<Code>NoSuchKey</Code>" in reply.text


def test_keys_that_need_encoding(site: Site) -> None:
    site.publish().put("a b/ü+.txt", "found", "text/plain")
    assert site.get("/a%20b/%C3%BC%2B.txt").text == "found"


def test_an_origin_path(site: Site) -> None:
    site.publish(origins=[site.bucket_origin(OriginPath="/v2")])
    site.put("v2/index.html", "second")
    assert site.get().text == "second"


def test_objects_headers_reach_the_viewer(site: Site) -> None:
    site.publish(behavior("bucket"))
    site.s3.put_object(
        Bucket=site.name, Key="a.css", Body=b"p{}", ContentType="text/css", Metadata={"who": "me"}
    )
    headers = site.get("/a.css").headers
    assert headers["content-type"] == "text/css"
    assert headers["x-amz-meta-who"] == "me"
    assert headers["server"] == "AmazonS3"
    assert "access-control-allow-origin" not in headers
    assert headers["via"].endswith(".cloudfront.net (CloudFront)")
    assert headers["x-amz-cf-id"]
