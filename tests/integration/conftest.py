"""One local cloud for the whole run, or the one that SHIPWAY_CLOUD_ENDPOINT names."""

import os
from collections.abc import Iterator

import pytest

from tests.integration.local_cloud import Cloud, local_cloud


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The cloud under test. Its log is printed at the end, and so shown with a failure."""
    os.environ.pop("AWS_ENDPOINT_URL", None)  # localstack-client would prefer it
    endpoint = os.environ.get("SHIPWAY_CLOUD_ENDPOINT")
    if endpoint:
        yield Cloud(endpoint)
        return
    with local_cloud(tmp_path_factory.mktemp("cloud") / "localcloud.log") as started:
        yield started
