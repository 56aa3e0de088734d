"""Both halves go back together, seen in the browser; and clean-up leaves the way back."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import OpenPage, Watched, browser, open_page
from tests.e2e.project import Project, Ran
from tests.e2e.traffic import Traffic

__all__ = ["browser", "open_page"]

GREETING = r'GREETING = ".*?"'
LEAD = r'<p className="lead">.*?</p>'
NO_DOCKER = "unix:///nowhere/docker.sock"


def change(project: Project, text: str) -> None:
    """Change both halves."""
    project.edit("backend/app/main.py", GREETING, f'GREETING = "{text}"')
    page = "frontend/src/status/StatusPage.tsx"
    project.edit(page, LEAD, f'<p className="lead">{text}</p>')


@pytest.fixture(scope="module", autouse=True)
def three(project: Project) -> list[str]:
    """Three releases of both halves; their ids, the oldest first."""
    (project.root / "deploy.toml").write_text(project.base)
    for text in ("First.", "Second.", "Third."):
        change(project, text)
        ran = project.invoke("deploy")
        assert ran.code == 0, ran.out
    return [each["id"] for each in reversed(releases(project)[:3])]


def releases(project: Project) -> list[dict[str, Any]]:
    """Return the records, the newest first."""
    found: list[dict[str, Any]] = json.loads(project.invoke("releases", "--json").out)["releases"]
    return found


def seen(project: Project, open_page: OpenPage) -> tuple[str, str]:
    """Return what a visitor sees of both halves: the page's lead, the backend's revision."""
    watched: Watched = open_page(project.site)
    expect(watched.page.get_by_test_id("backend-version")).to_contain_text("src-")
    lead = watched.page.locator(".lead").text_content() or ""
    assert watched.faults == []
    return lead, running(project)


def running(project: Project) -> str:
    return str(project.service("backend")["taskDefinition"])


def number(arn: str) -> int:
    return int(arn.rpartition(":")[2])


def bucket(project: Project) -> list[tuple[str, str]]:
    name = project.target()["sites"]["frontend"]["bucket"]
    versions = project.client("s3").list_object_versions(Bucket=name)["Versions"]
    return sorted((each["Key"], each["VersionId"]) for each in versions)


def everything(project: Project) -> object:
    return project.written(), bucket(project)


def refused(project: Project, *options: str) -> Ran:
    """Ask for a rollback that must be refused with nothing written."""
    before = everything(project)
    ran = project.invoke("rollback", *options)
    assert ran.code == 3, ran.out
    assert everything(project) == before
    return ran


def test_the_plan_says_what_goes_back_and_writes_nothing(
    project: Project, three: list[str]
) -> None:
    before = everything(project)
    ran = project.invoke("rollback", "--plan", DOCKER_HOST=NO_DOCKER)
    assert ran.code == 0, ran.out
    assert f"return local to release {three[1]}" in ran.out
    now = number(running(project))
    assert re.search(rf"~ service backend +as in release {three[1][-7:]}: image sha256:", ran.out)
    assert re.search(rf"- \S+:{now}\n +\+ \S+:{now - 1}\n", ran.out)
    assert re.search(r"~ site frontend +\d of \d+ files to bring back", ran.out)
    assert everything(project) == before


def test_both_halves_go_back_without_a_build_and_no_request_fails(
    project: Project, open_page: OpenPage, three: list[str]
) -> None:
    lead, newest = seen(project, open_page)
    assert lead == "Third."
    with Traffic(project.site + "/api/version", key="source_tag") as traffic:
        ran = project.invoke("rollback", DOCKER_HOST=NO_DOCKER)
    assert ran.code == 0, ran.out
    assert ran.phases == ["rollout", "publish", "invalidate"]
    assert traffic.failures == []
    lead, older = seen(project, open_page)
    assert lead == "Second."
    assert number(older) == number(newest) - 1
    record = releases(project)[0]
    assert (record["kind"], record["outcome"]) == ("rollback", "succeeded")
    assert record["origin"] == three[1]


def test_again_goes_back_further_and_a_name_leads_forth(
    project: Project, open_page: OpenPage, three: list[str]
) -> None:
    ran = project.invoke("rollback")
    assert ran.code == 0, ran.out
    assert seen(project, open_page)[0] == "First."
    ran = project.invoke("rollback", "--to", three[2][-7:])
    assert ran.code == 0, ran.out
    assert seen(project, open_page)[0] == "Third."
    ran = project.invoke("rollback", "--to", three[2])
    assert ran.code == 0, ran.out
    assert "unchanged" in ran.out


def test_one_half_goes_back_alone(project: Project, open_page: OpenPage) -> None:
    before = project.written()
    ran = project.invoke("rollback", "--only", "frontend")
    assert ran.code == 0, ran.out
    assert project.written() == before
    assert seen(project, open_page)[0] == "Second."


def test_a_deploy_after_it_registers_nothing_that_is_there(
    project: Project, open_page: OpenPage
) -> None:
    assert project.invoke("rollback", "--only", "backend").code == 0
    before = project.written()
    ran = project.invoke("deploy", DOCKER_HOST=NO_DOCKER)
    assert ran.code == 0, ran.out
    after = project.written()
    kept = ("definitions", "images")
    assert [after[key] for key in kept] == [before[key] for key in kept]
    assert seen(project, open_page)[0] == "Third."
    assert project.invoke("plan", "--exit-code").code == 0


@pytest.mark.parametrize("options", [("--to", "nothing"), ("--commit", "ffffffff")])
def test_a_release_that_is_not_there_is_refused(project: Project, options: tuple[str, str]) -> None:
    assert "give one" in refused(project, *options).out


def test_a_way_back_that_takes_too_long_is_followed_by_the_same_command(
    project: Project, open_page: OpenPage, three: list[str]
) -> None:
    """And the pages wait for it."""
    before = bucket(project)
    ran = project.invoke("rollback", "--to", three[1], "--timeout", "0.2")
    assert ran.code == 6, ran.out
    assert f"`invoke rollback --to {three[1]} --env local`" in ran.out
    assert "site frontend was not switched" in ran.out
    assert bucket(project) == before
    ran = project.invoke("rollback", "--to", three[1])
    assert ran.code == 0, ran.out
    assert seen(project, open_page)[0] == "Second."


def test_prune_keeps_the_way_back(project: Project, open_page: OpenPage, three: list[str]) -> None:
    assert project.invoke("rollback", "--to", three[2]).code == 0
    before = everything(project)
    ran = project.invoke("prune", "--keep", "2", "--plan")
    assert ran.code == 0, ran.out
    assert everything(project) == before
    ran = project.invoke("prune", "--keep", "2")
    assert ran.code == 0, ran.out
    assert len(project.written()["definitions"]) < len(before[0]["definitions"])  # type: ignore[index]
    assert project.invoke("prune", "--keep", "2").out.count("unchanged: nothing to do") == 1
    ran = project.invoke("rollback")
    assert ran.code == 0, ran.out
    assert seen(project, open_page)[0] == "Second."


def test_what_was_pruned_is_refused_with_what_is_left(
    project: Project, open_page: OpenPage, three: list[str]
) -> None:
    assert project.invoke("prune", "--keep", "1").code == 0
    ran = refused(project, "--to", three[0])
    assert "INACTIVE" in ran.out
    assert "give one that is left to --to: 2" in ran.out
    lead, _ = seen(project, open_page)
    assert lead == "Second."
    ran = project.invoke("deploy")
    assert ran.code == 0, ran.out
    assert seen(project, open_page)[0] == "Third."
