"""The site in a real browser: both halves deployed, the way back, and nothing broken between."""

import json
import re
import shutil
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import OpenPage, Watched, browser, open_page
from tests.e2e.project import Project
from tests.e2e.traffic import Traffic

if TYPE_CHECKING:
    from subprocess import Popen

__all__ = ["browser", "open_page"]

GREETING = r'GREETING = ".*?"'
LEAD = r'<p className="lead">.*?</p>'


@pytest.fixture(scope="module", autouse=True)
def alone(project: Project) -> None:
    """Only the sample service and the sample site: no probe of the tests before."""
    (project.root / "deploy.toml").write_text(project.base)
    ran = project.invoke("deploy")
    assert ran.code == 0, ran.out


def get(url: str) -> tuple[int, dict[str, str], str]:
    """Return status, headers (lower-case names) and body."""
    try:
        with urllib.request.urlopen(url, timeout=10) as reply:
            headers = {name.lower(): value for name, value in reply.headers.items()}
            return reply.status, headers, reply.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            headers = {name.lower(): value for name, value in error.headers.items()}
            return error.code, headers, error.read().decode()


def lead(project: Project, text: str) -> None:
    """Change what the site's first page says under its heading."""
    project.edit("frontend/src/status/StatusPage.tsx", LEAD, f'<p className="lead">{text}</p>')


def shows(page: Page, text: str) -> None:
    expect(page.locator(".lead")).to_have_text(text)


def backend_version(page: Page) -> str:
    version = page.get_by_test_id("backend-version")
    expect(version).to_contain_text("src-")
    return version.text_content() or ""


def running_version(project: Project) -> str:
    return str(json.loads(get(f"{project.url}/version")[2])["source_tag"])


def test_every_kind_of_path_is_answered_as_it_should_be(project: Project) -> None:
    status, headers, page = get(project.site + "/")
    assert status == 200
    assert headers["cache-control"] == "no-cache"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-cache"].endswith("from cloudfront")
    (script,) = re.findall(r'src="(/assets/[^"]+\.js)"', page)
    status, headers, _ = get(project.site + script)
    assert (status, headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    assert headers["content-type"] == "text/javascript; charset=utf-8"
    assert get(project.site + "/about")[2] == page  # the site's own routes
    assert get(project.site + "/assets/gone-12345678.js")[0] == 404
    assert get(project.site + "/.shipway/live.json")[0] == 404
    status, headers, body = get(project.site + "/api/nothing")
    assert (status, headers["content-type"]) == (404, "application/problem+json")
    assert "<html" not in body  # the API's own 404, not the site's page


def test_the_page_shows_the_version_that_runs(project: Project, open_page: OpenPage) -> None:
    watched = open_page(project.site)
    assert backend_version(watched.page) == running_version(project)
    assert watched.faults == []


def test_nothing_changed_means_nothing_is_written(project: Project) -> None:
    before = objects(project)
    for task in ("deploy", "deploy-frontend"):
        ran = project.invoke(task)
        assert ran.code == 0
        assert "unchanged: nothing to do" in ran.out
    for path in (project.root / "frontend").rglob("*.tsx"):
        path.touch()  # as every checkout does
    assert "unchanged: nothing to do" in project.invoke("deploy-frontend", "--rebuild").out
    assert objects(project) == before


def objects(project: Project) -> list[tuple[str, str, bool]]:
    """Return every version of every object, and every delete marker, of the site's bucket."""
    bucket = project.target()["sites"]["frontend"]["bucket"]
    pages = project.client("s3").get_paginator("list_object_versions").paginate(Bucket=bucket)
    return [
        (item["Key"], item["VersionId"], item["IsLatest"])
        for page in pages
        for kind in ("Versions", "DeleteMarkers")
        for item in page.get(kind, [])
    ]


def test_both_halves_change_under_an_open_page_without_a_fault(
    project: Project, open_page: OpenPage
) -> None:
    watched = open_page(project.site)
    old = backend_version(watched.page)
    lead(project, "The second release.")
    project.edit("backend/app/main.py", GREETING, 'GREETING = "With the second release"')
    with Traffic(project.site + "/api/version", key="source_tag") as traffic:
        code, out = clicked_during(project, watched, "deploy")
    assert code == 0, out
    assert watched.faults == []
    assert traffic.failures == []
    assert set(traffic.answers) == {old, running_version(project)}
    watched.page.goto(project.site)
    shows(watched.page, "The second release.")
    assert backend_version(watched.page) == running_version(project) != old
    assert watched.faults == []


def clicked_during(project: Project, watched: Watched, *arguments: str) -> tuple[int, str]:
    """Run `invoke ARGUMENTS` while somebody uses the page; return its exit code and output."""
    page = watched.page
    with project.start(*arguments) as process:
        while process.poll() is None:
            page.get_by_role("link", name="About this deploy").click()
            expect(page.get_by_role("heading", level=1, name="About this deploy")).to_be_visible()
            page.go_back()
            page.get_by_role("button", name="Check again").click()
            expect(page.get_by_role("status")).not_to_be_empty()
        out, _ = process.communicate()
    print(out)
    return process.returncode, out


def test_the_way_back_neither_builds_nor_uploads(project: Project, open_page: OpenPage) -> None:
    before = open_page(project.site)
    shows(before.page, "The second release.")
    ran = project.invoke("rollback-frontend")
    assert ran.code == 0, ran.out
    assert ran.phases == ["publish", "invalidate"]
    after = open_page(project.site)
    expect(after.page.locator(".lead")).not_to_have_text("The second release.")
    # The tab that was open before goes on with its own files, also those it had not loaded yet.
    before.page.get_by_role("link", name="About this deploy").click()
    expect(before.page.get_by_role("heading", level=1, name="About this deploy")).to_be_visible()
    assert before.faults + after.faults == []


def test_a_deploy_after_the_way_back_uploads_no_asset_again(
    project: Project, open_page: OpenPage
) -> None:
    before = {key for key, _, _ in objects(project) if key.startswith("assets/")}
    ran = project.invoke("deploy-frontend", "--json")
    assert ran.code == 0, ran.out
    assert "upload frontend" not in [event.get("phase") for event in ran.events]
    assert {key for key, _, _ in objects(project) if key.startswith("assets/")} == before
    shows(open_page(project.site).page, "The second release.")


def test_the_pages_stay_when_the_backend_is_rolled_back(
    project: Project, open_page: OpenPage
) -> None:
    lead(project, "For a backend that never came.")
    broken = project.root / "backend" / "app" / "__init__.py"
    text = broken.read_text()
    broken.write_text(text + 'raise SystemExit("no database")\n')
    try:
        ran = project.invoke("deploy")
    finally:
        broken.write_text(text)
    assert ran.code == 4, ran.out
    assert "site frontend was not switched" in ran.out
    watched = open_page(project.site)
    shows(watched.page, "The second release.")
    assert watched.faults == []
    ran = project.invoke("deploy")
    assert ran.code == 0, ran.out
    shows(open_page(project.site).page, "For a backend that never came.")


@pytest.fixture
def colleague(project: Project, tmp_path: Path) -> Iterator[Path]:
    """Another working tree of the same project, on the same local cloud."""
    root = tmp_path / "colleague"
    leave = shutil.ignore_patterns("node_modules", ".shipway", "dist")
    shutil.copytree(project.root, root, ignore=leave)
    modules = root / "frontend" / "node_modules"
    shutil.copytree(project.root / "frontend" / "node_modules", modules, symlinks=True)
    yield root
    shutil.rmtree(root)


def test_two_deploys_at_once_end_as_one_release(project: Project, colleague: Path) -> None:
    ours, theirs = "Of one working tree.", "Of the other."
    lead(project, ours)
    page = colleague / "frontend/src/status/StatusPage.tsx"
    page.write_text(re.sub(LEAD, f'<p className="lead">{theirs}</p>', page.read_text()))
    both = [project.start("deploy-frontend"), start(project, colleague)]
    ended = [(process.communicate(timeout=200)[0], process.returncode) for process in both]
    codes = sorted(code for _, code in ended)
    assert codes[0] == 0, ended
    assert codes[1] in (0, 5, 7), ended  # published after the other, superseded, or locked out
    index = get(project.site + "/")[2]
    scripts = re.findall(r'(?:src|href)="(/assets/[^"]+\.(?:js|css))"', index)
    bodies = [get(project.site + script) for script in scripts]
    assert {status for status, _, _ in bodies} == {200}
    text = "".join(body for _, _, body in bodies)
    assert (ours in text) != (theirs in text)


def start(project: Project, root: Path) -> "Popen[str]":
    other = object.__new__(Project)
    other.__dict__.update(vars(project) | {"root": root})
    return other.start("deploy-frontend")


def test_a_build_that_is_not_a_site_is_refused(project: Project) -> None:
    before = objects(project)
    for build, flag in (
        ("mkdir -p dist && rm -rf dist/*", "wrote nothing"),
        ("mkdir -p dist && rm -rf dist/* && touch dist/other.html", "--allow-missing-index"),
        ("mkdir -p dist && rm -rf dist/* && touch dist/index.html", "--allow-deletions"),
    ):
        config = project.base.replace(
            'build = ["npm", "run", "build"]', f'install = []\nbuild = ["sh", "-c", "{build}"]'
        )
        (project.root / "deploy.toml").write_text(config)
        ran = project.invoke("deploy-frontend")
        assert ran.code in (1, 3), ran.out
        if flag.startswith("--"):
            assert flag in ran.out
    (project.root / "deploy.toml").write_text(project.base)
    assert objects(project) == before


@pytest.mark.parametrize("moment", ["build", "upload", "publish"])
def test_an_interrupt_leaves_the_site_whole(
    project: Project, open_page: OpenPage, moment: str
) -> None:
    lead(project, f"After an interrupt of the {moment}.")
    with project.start("deploy-frontend") as process:
        assert process.stdout
        begun = any(line.startswith(f"▸ {moment} frontend") for line in process.stdout)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=200)
    assert begun
    assert process.returncode in (130, 0), out  # 0: it was done before the signal came
    watched = open_page(project.site)
    expect(watched.page.get_by_role("status")).to_contain_text("The backend is up")
    assert watched.faults == []
    assert project.invoke("deploy-frontend").code == 0
    shows(open_page(project.site).page, f"After an interrupt of the {moment}.")
