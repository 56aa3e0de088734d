"""One project with its own local cloud for the whole run: what a newcomer has after quickstart."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.probe import deploy
from tests.e2e.project import Project, free_ports

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project after `invoke quickstart`; after the tests `invoke teardown` must leave nothing."""
    made = Project(tmp_path_factory.mktemp("project"), ROOT, free_ports())
    try:
        ran = made.invoke("quickstart")
        assert ran.code == 0, ran.out
        yield made
    finally:
        ran = made.invoke("teardown")
        left = made.containers()
        assert ran.code == 0, ran.out
        assert not left, f"teardown left containers: {left}"


@pytest.fixture(scope="session")
def probe(project: Project) -> Project:
    """The project with the probe service's infrastructure, where no release of it ran yet."""
    project.probe(PROBE_EXIT="3")
    ran = project.invoke("infra.apply")
    assert ran.code == 0, ran.out
    return project


@pytest.fixture(scope="module")
def released(probe: Project) -> Iterator[Project]:
    """The probe with a release that serves version "good"."""
    deploy(probe, PROBE_VERSION="good")
    yield probe
    deploy(probe, PROBE_VERSION="end")
