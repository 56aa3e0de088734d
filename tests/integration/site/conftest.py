"""A bucket and a distribution of its own for each test, and a proxy before the cloud."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.site.bucket import Bucket
from tests.integration.local_cloud import Cloud
from tests.integration.site.faulty_cloud import FaultyCloud, faulty_cloud
from tests.integration.site.world import World, bucket_at


@pytest.fixture(scope="session")
def distribution(cloud: Cloud) -> str:
    """A distribution's id. Its data plane is no part of these tests."""
    origin = {"Id": "bucket", "DomainName": "none.s3.amazonaws.com"}
    behavior = {
        "TargetOriginId": "bucket",
        "ViewerProtocolPolicy": "allow-all",
        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
    }
    reply = cloud.client("cloudfront").create_distribution(
        DistributionConfig={
            "CallerReference": uuid4().hex,
            "Comment": "site tests",
            "Enabled": True,
            "Origins": {
                "Quantity": 1,
                "Items": [{**origin, "S3OriginConfig": {"OriginAccessIdentity": ""}}],
            },
            "DefaultCacheBehavior": behavior,
        }
    )
    return str(reply["Distribution"]["Id"])


@pytest.fixture
def world(cloud: Cloud, distribution: str, tmp_path: Path) -> World:
    s3 = cloud.client("s3")
    name = f"site-test-{uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    world = World(cloud.endpoint, tmp_path, name, distribution)
    world.site.output.mkdir(parents=True)
    return world


@pytest.fixture
def proxy(cloud: Cloud) -> Iterator[FaultyCloud]:
    with faulty_cloud(cloud.endpoint) as proxy:
        yield proxy


@pytest.fixture
def name(cloud: Cloud) -> str:
    s3, name = cloud.client("s3"), f"bucket-test-{uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


@pytest.fixture
def bucket(cloud: Cloud, name: str) -> Bucket:
    return bucket_at(cloud.endpoint, name)


@pytest.fixture
def faulty(proxy: FaultyCloud, name: str) -> Bucket:
    """The same bucket through a proxy that breaks what a test names. It does not wait."""
    return bucket_at(proxy.endpoint, name, sleep=lambda _: None)


@pytest.fixture
def old(world: World) -> World:
    """A site of version "one", and a build of version "two" that is not deployed yet."""
    world.release("one")
    world.deployer().deploy()
    world.release("two")
    return world
