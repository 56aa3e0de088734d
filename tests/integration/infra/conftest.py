"""One environment of Terraform's for all tests of this folder: making one takes over a minute."""

from collections.abc import Iterator

import pytest

from deploy.config.model import Config
from deploy.infra import terraform
from tests.integration.infra.environment import DATABASE, SITES, Watched, configuration
from tests.integration.local_cloud import Cloud
from tests.ports import free_port


@pytest.fixture(scope="session")
def applied(
    cloud: Cloud, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Config, Watched]]:
    """An environment with a database, two services and two sites; destroyed at the end."""
    root = tmp_path_factory.mktemp("infra")
    config = configuration(
        root,
        cloud.endpoint,
        listener=free_port(),
        sites=SITES,
        database=DATABASE,
        database_port=free_port(),
    )
    watched = Watched()
    terraform.apply(config, watched.emit)
    yield config, watched
    terraform.destroy(config, Watched().emit)
