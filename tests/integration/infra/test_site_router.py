"""Which object answers a path: the CloudFront Function, run by Node as Terraform fills it in."""

import json
import shutil
import subprocess
from typing import Any

import pytest

from deploy.infra.terraform import TERRAFORM

ROUTER = TERRAFORM / "modules" / "site" / "router.js"
RUN = """
const chunks = require('fs').readFileSync(0, 'utf8').split('\\u0000');
const handler = new Function(chunks[0] + '; return handler;')();
process.stdout.write(JSON.stringify(handler({ request: JSON.parse(chunks[1]) })));
"""


def route(uri: str, *, single_page: bool, query: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the request that goes on to the cache, or the answer, which has a statusCode."""
    node = shutil.which("node")
    assert node, "node is not installed: a site's function can't be tested"
    code = ROUTER.read_text().replace("${single_page}", json.dumps(single_page))
    request = {"method": "GET", "uri": uri, "querystring": query or {}, "headers": {}}
    given = f"{code}\0{json.dumps(request)}"
    done = subprocess.run(
        [node, "-e", RUN], input=given, text=True, capture_output=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    "uri",
    ["/", "/settings", "/settings/", "/users/42", "/a.b/c", "/caf%C3%A9", "//evil"],
)
def test_a_single_page_answers_every_path_without_an_extension(uri: str) -> None:
    assert route(uri, single_page=True)["uri"] == "/index.html"


@pytest.mark.parametrize("single_page", [True, False])
@pytest.mark.parametrize(
    "uri",
    [
        "/index.html",
        "/assets/index-Bx3.js",
        "/favicon.svg",
        "/docs%2Emd",
        "/.well-known/apple-app-site-association",
    ],
)
def test_a_file_answers_its_own_path(uri: str, single_page: bool) -> None:
    found = route(uri, single_page=single_page)
    assert found["uri"] == uri
    assert "statusCode" not in found


@pytest.mark.parametrize("single_page", [True, False])
@pytest.mark.parametrize(
    "uri",
    [
        "/.shipway/live.json",
        "/.shipway/releases/20261122T081512Z-3f9a1c2.jsonl.gz",
        "/.shipway",
        "/.shipway/",
        "/%2eshipway/live.json",
        "/.%73hipway%2flive.json",
        "//.shipway/live.json",
    ],
)
def test_releases_are_nobodys_to_read(uri: str, single_page: bool) -> None:
    found = route(uri, single_page=single_page)
    assert found["statusCode"] == 404
    assert found["headers"]["cache-control"]["value"] == "no-store"


@pytest.mark.parametrize("uri", ["/.shipway-notes.txt", "/docs/.shipway/a.txt"])
def test_a_name_that_only_looks_like_it_is_a_file(uri: str) -> None:
    assert route(uri, single_page=True)["uri"] == uri


@pytest.mark.parametrize(
    ("uri", "key"),
    [
        ("/", "/index.html"),
        ("/docs/", "/docs/index.html"),
        ("/v1.2/", "/v1.2/index.html"),
        ("/caf%C3%A9/", "/caf%C3%A9/index.html"),
    ],
)
def test_a_folder_answers_with_its_own_index(uri: str, key: str) -> None:
    assert route(uri, single_page=False)["uri"] == key


def test_a_folder_without_its_slash_is_redirected_with_its_query() -> None:
    query = {
        "q": {"value": "a%20b"},
        "tag": {"value": "x", "multiValue": [{"value": "x"}, {"value": "y"}]},
        "flag": {"value": ""},
    }
    found = route("/docs/guide", single_page=False, query=query)
    assert found["statusCode"] == 302
    location = found["headers"]["location"]["value"]
    assert location == "/docs/guide/?q=a%20b&tag=x&tag=y&flag"


@pytest.mark.parametrize("uri", ["//evil", "/\\evil", "///evil"])
def test_a_redirect_never_leads_to_another_host(uri: str) -> None:
    location = route(uri, single_page=False)["headers"]["location"]["value"]
    assert location == "/evil/"


@pytest.mark.parametrize("single_page", [True, False])
def test_a_path_that_is_no_utf_8_is_refused(single_page: bool) -> None:
    assert route("/%ff", single_page=single_page)["statusCode"] == 400


def test_the_function_is_small_enough_for_cloudfront() -> None:
    """10 KB: AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-functions."""
    assert ROUTER.stat().st_size < 10_000
