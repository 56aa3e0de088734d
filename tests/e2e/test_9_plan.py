"""`invoke plan`: all that a deploy would do and nothing done, and a saved plan that is held to."""

import json
import re
from pathlib import Path

import pytest

from tests.e2e.project import Project

GREETING = r'GREETING = ".*?"'
LEAD = r'<p className="lead">.*?</p>'
NO_DOCKER = "unix:///nowhere/docker.sock"


@pytest.fixture(scope="module", autouse=True)
def alone(project: Project) -> None:
    """Only the sample service and the sample site, both as they are deployed."""
    (project.root / "deploy.toml").write_text(project.base)
    ran = project.invoke("deploy")
    assert ran.code == 0, ran.out


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "plan.json"


def everything(project: Project) -> object:
    """Return all that a deploy could have written, to the site's bucket too."""
    bucket = project.target()["sites"]["frontend"]["bucket"]
    versions = project.client("s3").list_object_versions(Bucket=bucket)
    kept = [(each["Key"], each["VersionId"]) for each in versions["Versions"]]
    return project.written(), sorted(kept)


def change(project: Project, text: str) -> None:
    """Change both halves."""
    project.edit("backend/app/main.py", GREETING, f'GREETING = "{text}"')
    page = "frontend/src/status/StatusPage.tsx"
    project.edit(page, LEAD, f'<p className="lead">{text}</p>')


def test_nothing_to_do_is_exit_0_whatever_is_asked(project: Project) -> None:
    before = everything(project)
    ran = project.invoke("plan", "--exit-code", DOCKER_HOST=NO_DOCKER)
    assert ran.code == 0, ran.out
    assert "planned: nothing to do" in ran.out
    assert everything(project) == before


def test_a_plan_says_all_that_would_be_done_and_why(project: Project) -> None:
    change(project, "Planned.")
    before = everything(project)
    ran = project.invoke("plan", "--exit-code", "--full", DOCKER_HOST=NO_DOCKER)
    assert ran.code == 2, ran.out
    assert re.search(r"\+ image backend +no image has source tag src-", ran.out)
    assert re.search(r"~ service backend +what it asks for does not run", ran.out)
    assert re.search(r"~ index.html +content, 1\.\d kB", ran.out)
    assert re.search(r"~ invalidation frontend +what the edge may hold: /, /index.html", ran.out)
    assert re.search(r'\n  \+ +"APP_SOURCE_TAG": "src-', ran.out)
    assert re.search(r"\n    +\"family\": ", ran.out)
    assert "1 image to build, 1 service to roll out" in ran.out
    assert project.invoke("plan").code == 0
    assert everything(project) == before


def test_a_bad_configuration_is_no_plan_with_changes(project: Project) -> None:
    assert project.invoke("plan", "--env", "nowhere").code == 2
    assert project.invoke("plan", "--env", "nowhere", "--exit-code").code == 1


def test_only_what_was_asked_for_is_planned(project: Project) -> None:
    ran = project.invoke("plan", "--json", "--except", "frontend")
    assert ran.code == 0, ran.out
    (plan,) = [event for event in ran.events if event["event"] == "plan_shown"]
    subjects = [line["subject"] for line in plan["changes"] if not line["of"]]
    assert subjects == ["image backend", "migrate backend", "service backend"]


def test_a_saved_plan_is_applied_once_and_then_refused(project: Project, saved: Path) -> None:
    change(project, "As it was saved.")
    assert project.invoke("plan", "--save", str(saved)).code == 0
    fields = json.loads(saved.read_text())
    assert (fields["environment"], set(fields["services"])) == ("local", {"backend"})
    ran = project.invoke("deploy", "--plan-file", str(saved))
    assert ran.code == 0, ran.out
    before = everything(project)
    ran = project.invoke("deploy", "--plan-file", str(saved))
    assert ran.code == 3, ran.out
    assert re.search(r"service backend: \S+ runs now, and \S+ ran", ran.out)
    assert re.search(r"site frontend: release \S+ is live now", ran.out)
    assert everything(project) == before


def test_a_saved_plan_of_another_source_is_refused(project: Project, saved: Path) -> None:
    change(project, "The one that was reviewed.")
    assert project.invoke("plan", "--save", str(saved)).code == 0
    change(project, "Another one.")
    before = everything(project)
    ran = project.invoke("deploy", "--plan-file", str(saved))
    assert ran.code == 3, ran.out
    assert re.search(r"service backend: its source is src-\S+ now, and was src-", ran.out)
    assert "site frontend: its build is another" in ran.out
    assert everything(project) == before


def test_a_saved_plan_of_another_environment_is_refused(project: Project, saved: Path) -> None:
    assert project.invoke("plan", "--save", str(saved)).code == 0
    fields = json.loads(saved.read_text()) | {"environment": "prod", "account": "123456789012"}
    saved.write_text(json.dumps(fields))
    ran = project.invoke("deploy", "--plan-file", str(saved))
    assert ran.code == 3, ran.out
    assert "it is for environment prod, and this is local" in ran.out


def test_a_saved_plan_of_one_half_leaves_the_other(project: Project, saved: Path) -> None:
    change(project, "The pages alone.")
    assert project.invoke("plan", "--only", "frontend", "--save", str(saved)).code == 0
    before = project.written()
    ran = project.invoke("deploy", "--plan-file", str(saved))
    assert ran.code == 0, ran.out
    assert project.written() == before
    assert "backend" not in project.invoke("plan", "--only", "frontend").out
    ran = project.invoke("plan", "--exit-code", "--only", "frontend")
    assert ran.code == 0, ran.out
