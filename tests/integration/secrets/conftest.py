"""Names of secrets that no other test has, gone afterwards; on both clouds."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from deploy.config.model import Build, Config, Environment, Service
from tests.integration.local_cloud import Cloud


@pytest.fixture
def config(cloud: Cloud) -> Iterator[Config]:
    """A project of its own, whose two services share a secret."""
    project = f"secrets-{uuid4().hex[:8]}"
    build = Build(Path(), Path())
    secrets = {"URL": "database-url", "KEY": f"/{project}/test/key"}
    services = {
        "api": Service("api", build, 8000, secrets=secrets),
        "worker": Service("worker", build, 8001, secrets={"URL": "database-url"}),
    }
    place = Environment("test", "us-east-1", endpoint=cloud.endpoint)
    yield Config(Path(), project, place, services)
    _clean(cloud, f"{project}/test/")


def _clean(cloud: Cloud, prefix: str) -> None:
    manager, ssm = cloud.client("secretsmanager"), cloud.client("ssm")
    for name in ("database-url", "key", "other"):
        with suppress(ClientError):
            manager.delete_secret(SecretId=prefix + name, ForceDeleteWithoutRecovery=True)
        with suppress(ClientError):
            ssm.delete_parameter(Name=f"/{prefix}{name}")
