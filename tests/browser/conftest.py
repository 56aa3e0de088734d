"""The built site, served to a real browser."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.process import run
from scripts.machine import certificates, npm
from tests.browser.site_server import SiteServer
from tests.e2e.browser import browser, open_page

__all__ = ["browser", "open_page"]

FRONTEND = Path(__file__).parents[2] / "frontend"
RELEASE = "release-1"


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a build of the site whose version is RELEASE."""
    folder = tmp_path_factory.mktemp("site") / "dist"
    npm.install(FRONTEND, certificates.for_tools(certificates.bundle(os.environ)))
    build = ("npm", "run", "build", "--", "--outDir", str(folder), "--emptyOutDir")
    run(build, cwd=FRONTEND, env={"VITE_APP_VERSION": RELEASE}, timeout=120)
    return folder


@pytest.fixture
def site(built: Path, tmp_path: Path) -> Iterator[SiteServer]:
    """The site and its backend, both up; the files are this test's own."""
    root = tmp_path / "root"
    shutil.copytree(built, root)
    with SiteServer(root) as server:
        yield server
