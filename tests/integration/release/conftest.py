"""An environment's records bucket of its own for each test, and a proxy before the cloud."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.integration.local_cloud import Cloud
from tests.integration.release.past import Past
from tests.integration.site.faulty_cloud import FaultyCloud, faulty_cloud


@pytest.fixture
def records(cloud: Cloud) -> str:
    s3 = cloud.client("s3")
    name = f"records-test-{uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


@pytest.fixture
def proxy(cloud: Cloud) -> Iterator[FaultyCloud]:
    with faulty_cloud(cloud.endpoint) as proxy:
        yield proxy


@pytest.fixture
def past(cloud: Cloud) -> Iterator[Past]:
    made = Past(cloud)
    yield made
    made.ecs.delete_service(cluster=made.name, service="api", force=True)
    made.cloud.client("ssm").delete_parameter(Name=f"/{made.name}/local/deploy")
    made.ecr.delete_repository(repositoryName=made.name, force=True)
