"""A site as Terraform makes it, served by the local cloud: what a browser gets, and what not."""

import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from typing import Any

import pytest

from deploy.config.model import Config
from deploy.infra import terraform
from deploy.target import SiteTarget, parse_target
from tests.integration.infra.environment import Watched
from tests.integration.local_cloud import Cloud, eventually

pytestmark = pytest.mark.ecs

PAGE = b"<!doctype html><title>app</title>"
FILES = {
    "index.html": ("text/html; charset=utf-8", "no-cache", PAGE),
    "docs/index.html": ("text/html; charset=utf-8", "no-cache", b"<!doctype html>docs"),
    "assets/app-Bx3k9a2c.js": (
        "text/javascript; charset=utf-8",
        "public, max-age=31536000, immutable",
        b"console.log('a');\n" * 200,
    ),
    ".shipway/live.json": ("application/json", "no-store", b"{}"),
}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: bytes


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def get(url: str, **headers: str) -> Answer:
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.build_opener(NoRedirect).open(request, timeout=10) as reply:
            return Answer(reply.status, reply.headers, reply.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read())


@dataclass(frozen=True)
class Made:
    config: Config
    sites: dict[str, SiteTarget]
    urls: dict[str, str]


@pytest.fixture(scope="module")
def made(cloud: Cloud, applied: tuple[Config, Watched]) -> Made:
    """The environment's single-page site and the other one, both with FILES."""
    config, _ = applied
    text = cloud.client("ssm").get_parameter(Name="/infra-test/local/deploy")["Parameter"]["Value"]
    sites = dict(parse_target(text).sites)
    for found in sites.values():
        upload(cloud, found.bucket)
    return Made(config, sites, {name: cloud.site_url(s.distribution) for name, s in sites.items()})


def upload(cloud: Cloud, bucket: str) -> None:
    for key, (kind, caching, body) in FILES.items():
        cloud.client("s3").put_object(
            Bucket=bucket, Key=key, Body=body, ContentType=kind, CacheControl=caching
        )


def test_a_deploy_finds_its_bucket_its_distribution_and_the_url(made: Made) -> None:
    assert list(made.sites) == ["docs", "frontend"]
    frontend, docs = made.sites["frontend"], made.sites["docs"]
    assert frontend.bucket == "infra-test-local-frontend-000000000000"
    port = made.config.environment.site_port
    assert (frontend.url, docs.url) == (f"http://localhost:{port}", f"http://localhost:{port + 1}")


def test_a_second_plan_changes_nothing(made: Made) -> None:
    assert terraform.plan(made.config, Watched().emit).changes == ()


@pytest.mark.parametrize("path", ["/", "/index.html", "/settings", "/users/42/", "/?utm=1"])
def test_a_single_page_answers_what_the_browser_may_reload(made: Made, path: str) -> None:
    found = get(made.urls["frontend"] + path)
    assert (found.status, found.body) == (200, PAGE)
    assert found.headers["Cache-Control"] == "no-cache"


def test_a_folder_of_documents_has_its_own_page(made: Made) -> None:
    assert get(made.urls["docs"] + "/docs/").body == b"<!doctype html>docs"
    redirect = get(made.urls["docs"] + "/docs?a=b")
    assert (redirect.status, redirect.headers["Location"]) == (302, "/docs/?a=b")


@pytest.mark.parametrize("path", ["/assets/gone-Zz9Zz9Zz.js", "/docs/gone.html"])
def test_a_file_that_is_missing_is_no_page(made: Made, path: str) -> None:
    found = get(made.urls["frontend"] + path)
    assert found.status == 404
    assert PAGE not in found.body


@pytest.mark.parametrize("path", ["/.shipway/live.json", "/%2Eshipway/live.json"])
@pytest.mark.parametrize("name", ["frontend", "docs"])
def test_releases_are_not_served(made: Made, name: str, path: str) -> None:
    assert get(made.urls[name] + path).status == 404


def test_the_bucket_itself_refuses_what_the_function_lets_through(cloud: Cloud, made: Made) -> None:
    """A function that is taken away must not open the releases."""
    client = cloud.client("cloudfront")
    chosen = made.sites["docs"].distribution
    found = client.get_distribution_config(Id=chosen)
    config = found["DistributionConfig"]
    kept = config["DefaultCacheBehavior"].pop("FunctionAssociations")
    etag = client.update_distribution(Id=chosen, IfMatch=found["ETag"], DistributionConfig=config)[
        "ETag"
    ]
    try:
        eventually(lambda: get(made.urls["docs"] + "/docs").status == 404)
        assert get(made.urls["docs"] + "/.shipway/live.json").status == 403
    finally:
        config["DefaultCacheBehavior"]["FunctionAssociations"] = kept
        client.update_distribution(Id=chosen, IfMatch=etag, DistributionConfig=config)


def test_the_api_is_the_load_balancers_and_so_are_its_errors(made: Made) -> None:
    """The service has no task yet: the load balancer says so, and no page hides it."""
    found = get(made.urls["frontend"] + "/api/version")
    assert found.status == 503
    assert PAGE not in found.body
    assert "Miss" in found.headers["X-Cache"] or "Error" in found.headers["X-Cache"]


def test_every_answer_has_the_headers_that_protect_it(made: Made) -> None:
    headers = get(made.urls["frontend"] + "/").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "Strict-Transport-Security" not in headers  # there is no HTTPS on this machine
    assert "X-Amz-Version-Id" not in headers


def test_scripts_are_compressed_and_cached_at_the_edge(made: Made) -> None:
    url = made.urls["frontend"] + "/assets/app-Bx3k9a2c.js"
    assert get(url, **{"Accept-Encoding": "br"}).headers["Content-Encoding"] == "br"
    again = get(url + "?v=2", **{"Accept-Encoding": "br"})  # a query is no part of the key
    assert again.headers["X-Cache"] == "Hit from cloudfront"


def test_what_was_written_over_is_still_there(cloud: Cloud, made: Made) -> None:
    s3, bucket = cloud.client("s3"), made.sites["docs"].bucket
    s3.put_object(Bucket=bucket, Key="index.html", Body=b"new")
    versions = s3.list_object_versions(Bucket=bucket, Prefix="index.html")["Versions"]
    old = next(found["VersionId"] for found in versions if not found["IsLatest"])
    body = s3.get_object(Bucket=bucket, Key="index.html", VersionId=old)["Body"].read()
    assert body == PAGE
