from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.integration.cloud.balancer import Balancer
from tests.integration.cloud.distribution import Site
from tests.integration.cloud.targets import App, running
from tests.integration.local_cloud import Cloud


@pytest.fixture
def balancer(cloud: Cloud) -> Iterator[Balancer]:
    """A load balancer without a listener; it is deleted afterwards."""
    made = Balancer(cloud)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def site(cloud: Cloud) -> Iterator[Site]:
    """A private bucket whose distribution is yet to be published; both are deleted afterwards."""
    made = Site(cloud)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., App]]:
    """Start an application: `serve(name="a", health=500)`."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(running(App(**options)))
