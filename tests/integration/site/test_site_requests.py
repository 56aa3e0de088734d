"""What a deploy asks of S3 and CloudFront is in proportion to what changed."""

import os
import time
from pathlib import Path

import pytest

from deploy.errors import PreflightError
from deploy.outcome import Outcome
from tests.integration.site.faulty_cloud import FaultyCloud
from tests.integration.site.world import World, client

pytestmark = pytest.mark.ecs  # CloudFront

# A deploy's own writes: the claim, the manifest, the release, the end of the invalidation.
OWN_PUTS = 4


@pytest.fixture
def deployed(world: World, proxy: FaultyCloud) -> World:
    world.release("one")
    world.deployer().deploy()
    assert world.whole() == "one"
    return world


def unchanged(world: World, proxy: FaultyCloud) -> None:
    published = world.deployer(proxy.endpoint).deploy()
    assert published.outcome is Outcome.UNCHANGED
    assert proxy.count() == {"GET": 2, "LIST": 1}  # the pointer, the manifest, the bucket


def test_the_first_deploy_stores_each_file_once(world: World, proxy: FaultyCloud) -> None:
    world.release("one", assets=20, pages=3)
    assert world.deployer(proxy.endpoint).deploy().outcome is Outcome.SUCCEEDED
    assert proxy.count(internal=False)["PUT"] == len(proxy.keys("PUT")) == 20 + 3 + 2
    assert len(set(proxy.keys("PUT"))) == 25
    assert proxy.count(internal=True)["PUT"] <= OWN_PUTS
    assert proxy.count()["INVALIDATE"] == 0
    assert world.pointer["state"] == "live"


def test_nothing_changed(deployed: World, proxy: FaultyCloud) -> None:
    unchanged(deployed, proxy)


def test_nothing_changed_lists_a_thousand_objects_at_a_time(
    world: World, proxy: FaultyCloud
) -> None:
    world.release("one", assets=2100)
    world.deployer().deploy()
    published = world.deployer(proxy.endpoint).deploy()
    assert published.outcome is Outcome.UNCHANGED
    assert proxy.count() == {"GET": 2, "LIST": 3}


def test_everything_touched(deployed: World, proxy: FaultyCloud) -> None:
    for path in deployed.site.output.rglob("*"):
        os.utime(path, (1, 1))
    unchanged(deployed, proxy)


def test_everything_built_anew(deployed: World, proxy: FaultyCloud) -> None:
    deployed.release("one")
    unchanged(deployed, proxy)


def edit(path: Path, text: str) -> None:
    """Change a file so that its size and time say nothing."""
    before = path.stat()
    assert len(text) == before.st_size
    path.write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_one_file_changed(deployed: World, proxy: FaultyCloud) -> None:
    edit(deployed.site.output / "config.json", '{"version": "two"}')
    assert deployed.deployer(proxy.endpoint).deploy().outcome is Outcome.SUCCEEDED
    assert proxy.keys("PUT") == ["config.json"]
    assert proxy.count(internal=True)["PUT"] == OWN_PUTS
    assert proxy.count()["INVALIDATE"] == 1
    assert deployed.body("config.json") == '{"version": "two"}'
    proxy.clear()
    unchanged(deployed, proxy)


def test_only_headers_changed(deployed: World, proxy: FaultyCloud) -> None:
    site = deployed.site._replace(cache={"*.json": "public, max-age=60"})
    deployed.deployer(proxy.endpoint, site=site).deploy()
    assert proxy.keys("PUT") == ["config.json"]
    head = deployed.s3.head_object(Bucket=deployed.bucket, Key="config.json")
    assert head["CacheControl"] == "public, max-age=60"


def test_headers_that_somebody_else_changed_are_put_right(
    deployed: World, proxy: FaultyCloud
) -> None:
    wait_for_next_second()
    body = deployed.body("robots.txt").encode()
    deployed.s3.put_object(
        Bucket=deployed.bucket, Key="robots.txt", Body=body, CacheControl="max-age=31536000"
    )
    deployed.deployer(proxy.endpoint).deploy()
    assert proxy.keys("PUT") == ["robots.txt"]
    head = deployed.s3.head_object(Bucket=deployed.bucket, Key="robots.txt")
    assert head["CacheControl"] == "no-cache"


def wait_for_next_second() -> None:
    """S3 tells times in whole seconds; what changes within the same two is not told apart."""
    start = time.time()
    while time.time() < start + 2.1:
        time.sleep(0.05)


def put_by_kms(world: World, key: str, body: bytes, headers: dict[str, str]) -> None:
    master = client(world.endpoint, "kms").create_key()["KeyMetadata"]["KeyId"]
    encrypted = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": master}
    world.s3.put_object(Bucket=world.bucket, Key=key, Body=body, **encrypted, **headers)


def put_in_parts(world: World, key: str, body: bytes, headers: dict[str, str]) -> None:
    place = {"Bucket": world.bucket, "Key": key}
    upload = world.s3.create_multipart_upload(**place, **headers)["UploadId"]
    part = world.s3.upload_part(**place, UploadId=upload, PartNumber=1, Body=body)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    world.s3.complete_multipart_upload(**place, UploadId=upload, MultipartUpload=parts)


@pytest.mark.parametrize("put", [put_by_kms, put_in_parts])
def test_an_object_whose_etag_is_no_md5_is_replaced_once(
    deployed: World, proxy: FaultyCloud, put: object
) -> None:
    """Nobody vouches for its content, so it is stored again, and then known."""
    assert callable(put)
    wait_for_next_second()
    body = deployed.body("robots.txt").encode()
    put(deployed, "robots.txt", body, {"ContentType": "text/plain"})
    deployed.deployer(proxy.endpoint).deploy()
    assert proxy.keys("PUT") == ["robots.txt"]
    proxy.clear()
    unchanged(deployed, proxy)


@pytest.mark.parametrize("put", [put_by_kms, put_in_parts])
def test_an_object_whose_etag_is_no_md5_is_recognised(
    deployed: World, proxy: FaultyCloud, put: object
) -> None:
    """As a copy of the bucket has it: another ETag, but what Shipway wrote beside it."""
    assert callable(put)
    wait_for_next_second()
    found = deployed.s3.head_object(Bucket=deployed.bucket, Key="robots.txt")
    headers = {name: found[name] for name in ("ContentType", "CacheControl", "Metadata")}
    put(deployed, "robots.txt", deployed.body("robots.txt").encode(), headers)
    deployed.deployer(proxy.endpoint).deploy()
    assert proxy.keys("PUT") == []
    assert proxy.keys("HEAD") == ["robots.txt"]


def test_a_bucket_that_encrypts_by_kms(world: World, proxy: FaultyCloud) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    world.s3.put_bucket_encryption(
        Bucket=world.bucket, ServerSideEncryptionConfiguration={"Rules": [rule]}
    )
    world.release("one")
    world.deployer().deploy()
    unchanged(world, proxy)


def test_a_bucket_that_holds_something_else_is_refused_before_a_write(
    world: World, proxy: FaultyCloud
) -> None:
    world.s3.put_object(Bucket=world.bucket, Key="report.pdf", Body=b"precious")
    world.release("one")
    with pytest.raises(PreflightError) as caught:
        world.deployer(proxy.endpoint).deploy()
    assert "--adopt" in caught.value.remedy
    assert proxy.count()["PUT"] == 0

    world.deployer().deploy(adopt=True)
    assert world.whole() == "one"
    assert world.body("report.pdf") == "precious"
