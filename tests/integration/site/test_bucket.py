"""The bucket as the site uses it, on any cloud: what is stored comes back, from any thread."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from deploy.errors import PreflightError, ToolError
from deploy.site.bucket import Bucket
from deploy.site.fast_put import TRUSTED_FAILURES
from deploy.site.manifest import Headers
from deploy.site.workers import each
from tests.integration.local_cloud import ROOT, Cloud
from tests.integration.site.faulty_cloud import FaultyCloud
from tests.integration.site.world import HEADERS, bucket_at, site_file

AWKWARD = (
    "a b/c+d.js",
    "50%/x%20y.js",
    "\u00fc/\u65e5\u672c.js",
    "what?#now.js",
    "it's (a) [slug]&=;,@:.js",
    "~tilde*.js",
    "double//slash.js",
    "../up.js",
)
Way = Callable[[bytes], bytes | Path]


@pytest.fixture(params=["bytes", "file", "slow"])
def way(request: pytest.FixtureRequest, bucket: Bucket, tmp_path: Path) -> Way:
    """The three ways of a body: small, from a file, and small when the fast way is blocked."""
    if request.param == "slow":
        bucket._fast._failures = TRUSTED_FAILURES

    def give(body: bytes) -> bytes | Path:
        if request.param != "file":
            return body
        (tmp_path / "body").write_bytes(body)
        return tmp_path / "body"

    return give


def test_a_file_is_stored_with_its_headers(bucket: Bucket, way: Way) -> None:
    headers = HEADERS._replace(content_encoding="gzip")
    file = site_file("assets/app.js", b"content", headers)
    entry = bucket.put(file, way(b"content"))
    found = bucket.head("assets/app.js")
    assert found
    assert (found.etag, found.version) == (entry.etag, entry.version)
    assert (found.size, found.sha256, found.headers) == (7, file.sha256, headers)
    assert found.modified <= entry.stored <= found.modified + 5


def test_s3_keeps_the_checksum(cloud: Cloud, bucket: Bucket, way: Way) -> None:
    bucket.put(site_file("a.js", b"content"), way(b"content"))
    head = cloud.client("s3").head_object(Bucket=bucket.name, Key="a.js", ChecksumMode="ENABLED")
    assert head["ChecksumSHA256"] == "7XACtDnprIRfIjV9giusFERzD722AW0+yUMil7nsn3M="


@pytest.mark.parametrize("key", AWKWARD)
def test_awkward_keys_are_written_as_they_are(bucket: Bucket, key: str, way: Way) -> None:
    bucket.put(site_file(key, b"x"), way(b"x"))
    assert [item.key for item in bucket.list()] == [key]
    got = bucket.get(key)
    assert got
    assert got.body == b"x"


def test_a_file_that_changed_meanwhile_is_refused(bucket: Bucket, way: Way) -> None:
    with pytest.raises(ToolError, match=r"a\.js changed"):
        bucket.put(site_file("a.js", b"content"), way(b"CONTENT"))
    assert bucket.head("a.js") is None


def test_a_file_that_shrank_meanwhile_is_refused(bucket: Bucket, way: Way) -> None:
    with pytest.raises(ToolError, match=r"a\.js changed"):
        bucket.put(site_file("a.js", b"content"), way(b"con"))


def test_what_is_not_there_is_none(bucket: Bucket, tmp_path: Path) -> None:
    assert bucket.head("none") is None
    assert bucket.get("none") is None
    assert not bucket.download("none", tmp_path / "none")
    assert list(bucket.list()) == []


def test_without_a_bucket_the_remedy_is_to_make_it(cloud: Cloud) -> None:
    missing = bucket_at(cloud.endpoint, f"none-{uuid4().hex[:8]}")
    calls: list[Callable[[], Any]] = [
        lambda: list(missing.list()),
        lambda: missing.get("key"),
        lambda: missing.put(site_file("a", b"x"), b"x"),
    ]
    for call in calls:
        with pytest.raises(PreflightError, match="no bucket") as caught:
            call()
        assert "invoke infra.apply" in caught.value.remedy


def test_only_a_prefix_is_listed(bucket: Bucket) -> None:
    for key in ("a+b/1", "a b/1", "c"):
        bucket.write(key, b"x", "text/plain")
    assert [item.key for item in bucket.list("a+b/")] == ["a+b/1"]


def test_a_listing_needs_one_request_for_1000_objects(
    faulty: Bucket, proxy: FaultyCloud, bucket: Bucket
) -> None:
    files = [site_file(f"f/{number:04}", b"x") for number in range(1001)]
    entries = list(each(lambda file: bucket.put(file, b"x"), files))
    assert len(entries) == 1001
    listed = list(faulty.list())
    assert [item.key for item in listed] == [file.key for file in files]
    assert proxy.count() == {"LIST": 2}
    assert {item.key: item.etag for item in listed} == {e.file.key: e.etag for e in entries}


def test_an_upload_is_one_request(faulty: Bucket, proxy: FaultyCloud) -> None:
    faulty.put(site_file("a.js", b"x"), b"x")
    assert proxy.count() == {"PUT": 1}


def test_keys_are_listed_by_their_bytes(bucket: Bucket) -> None:
    keys = ["Z", "a", "a-b", "a/b", "a0", "\u00fc", "\uffee", "\U0001f600"]
    for key in reversed(keys):
        bucket.write(key, b"x", "text/plain")
    assert [item.key for item in bucket.list()] == keys


def test_a_conditional_write_is_won_by_one(bucket: Bucket) -> None:
    first = bucket.put_if("live.json", b"1", "application/json", None)
    assert first
    assert bucket.put_if("live.json", b"2", "application/json", None) is None
    second = bucket.put_if("live.json", b"2", "application/json", first)
    assert second
    assert bucket.put_if("live.json", b"3", "application/json", first) is None
    got = bucket.get("live.json")
    assert got
    assert (got.body, got.etag) == (b"2", second)


def test_a_conditional_write_of_what_is_gone_is_lost(bucket: Bucket) -> None:
    etag = bucket.put_if("live.json", b"1", "application/json", None)
    bucket.delete([("live.json", "")])
    assert bucket.put_if("live.json", b"2", "application/json", etag) is None


def test_of_many_writers_one_wins(bucket: Bucket) -> None:
    def write(number: int) -> str | None:
        return bucket.put_if("live.json", str(number).encode(), "application/json", None)

    assert len([etag for etag in each(write, range(16), workers=8) if etag]) == 1


def test_a_file_is_downloaded(bucket: Bucket, tmp_path: Path) -> None:
    body = bytes(range(256)) * 4096
    (tmp_path / "from").write_bytes(body)
    bucket.write("big", tmp_path / "from", "application/gzip")
    assert bucket.download("big", tmp_path / "to")
    assert (tmp_path / "to").read_bytes() == body


def test_an_earlier_version_becomes_the_live_one(bucket: Bucket) -> None:
    key = "a b/\u00fc+.js"
    old = bucket.put(site_file(key, b"old"), b"old")
    bucket.put(site_file(key, b"new", Headers("text/html", "no-cache")), b"new")
    copied = bucket.copy(old)
    assert copied.version not in ("", old.version)
    found, got = bucket.head(key), bucket.get(key)
    assert found
    assert got
    assert (found.headers, found.sha256) == (HEADERS, old.file.sha256)
    assert (found.version, found.etag) == (copied.version, copied.etag)
    assert got.body == b"old"
    assert found.modified <= copied.stored + 1


def test_a_version_that_is_gone_cannot_come_back(bucket: Bucket) -> None:
    old = bucket.put(site_file("a.js", b"old"), b"old")
    bucket.put(site_file("a.js", b"new"), b"new")
    bucket.delete([("a.js", old.version)])
    assert bucket.get("a.js", old.version) is None
    with pytest.raises(PreflightError, match=r"a\.js is no longer") as caught:
        bucket.copy(old)
    assert "--to" in caught.value.remedy


def test_deleting_an_object_keeps_its_versions(bucket: Bucket) -> None:
    entry = bucket.put(site_file("a & <b>.js", b"x"), b"x")
    bucket.delete([("a & <b>.js", ""), ("never-there", "")])
    assert bucket.get("a & <b>.js") is None
    got = bucket.get("a & <b>.js", entry.version)
    assert got
    assert got.body == b"x"


def test_many_are_deleted_a_thousand_at_a_time(
    bucket: Bucket, faulty: Bucket, proxy: FaultyCloud
) -> None:
    keys = [f"{number:04}" for number in range(1001)]
    list(each(lambda key: bucket.put(site_file(key, b"x"), b"x"), keys))
    faulty.delete([(key, "") for key in keys])
    assert proxy.count() == {"DELETE": 2}
    assert list(bucket.list()) == []


def test_a_deploy_without_changes_imports_no_client(cloud: Cloud, bucket: Bucket) -> None:
    bucket.write(".shipway/live.json", b"{}", "application/json")
    cloud.client("ssm").put_parameter(
        Name=f"/{bucket.name}", Value="text", Type="String", Overwrite=True
    )
    code = f"""
import json, sys
from pathlib import Path
from deploy.aws import Aws
from deploy.config.model import Config, Environment
from deploy.site.bucket import Bucket
local = Environment("local", "us-east-1", endpoint={cloud.endpoint!r})
aws = Aws(Config(Path(), "demo", local, {{}}))
account, value = aws.check_account(), aws.parameter({"/" + bucket.name!r})
bucket = Bucket(aws.http, {bucket.name!r})
keys = [item.key for item in bucket.list()]
got = bucket.get(".shipway/live.json")
heavy = {{"boto3", "botocore", "urllib3", "requests", "obstore"}}
print(json.dumps([account, value, keys, got.body.decode(), sorted(heavy & set(sys.modules))]))
"""
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=-1, check=True)
    expected = ["000000000000", "text", [".shipway/live.json"], "{}", []]
    assert json.loads(result.stdout) == expected
