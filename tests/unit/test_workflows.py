"""What the workflows run is what a developer types: tasks and sessions that exist."""

import re
import shlex
from pathlib import Path

import pytest

import noxfile
import tasks

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github").rglob("*.yml"))
PINNED = re.compile(r"uses: ([\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$", re.MULTILINE)


def text(name: str) -> str:
    return (ROOT / ".github" / "workflows" / name).read_text()


def invocations(workflow: str) -> list[list[str]]:
    """Return the words after `invoke` of each call of a task."""
    found = re.findall(r"\.venv/bin/invoke ([^|>\n]+)", workflow)
    return [shlex.split(line) for line in found]


def sessions_of_ci() -> set[str]:
    return {
        name
        for name, value in vars(noxfile).items()
        if "ci" in (getattr(value, "tags", None) or ())
    }


def test_the_deploy_is_planned_run_and_told() -> None:
    words = [call[0] for call in invocations(text("deploy.yml"))]
    assert words == ["deploy", "deploy", "releases"]


@pytest.mark.parametrize("call", invocations(text("deploy.yml")), ids=" ".join)
def test_every_task_of_the_deploy_takes_the_options_that_it_is_given(call: list[str]) -> None:
    known = {
        flag for argument in tasks.namespace[call[0]].get_arguments() for flag in argument.names
    }
    given = {word.removeprefix("--").replace("-", "_") for word in call if word.startswith("--")}
    assert given <= {flag.replace("-", "_") for flag in known}
    assert call[call.index("--env") + 1] == "prod"


def test_all_sessions_run_and_each_once() -> None:
    named = [
        name for line in re.findall(r"sessions: (.+)", text("e2e.yml")) for name in line.split()
    ]
    assert sorted(named) == sorted(sessions_of_ci())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_with_its_version_beside_it(path: Path) -> None:
    used = re.findall(r"uses: (?!\./)(.+)$", path.read_text(), re.MULTILINE)
    assert len(used) == len(PINNED.findall(path.read_text()))


def test_an_action_is_the_same_everywhere() -> None:
    found = {match for path in WORKFLOWS for match in PINNED.findall(path.read_text())}
    assert len(found) == len({name for name, _, _ in found})


def test_no_key_is_kept_anywhere() -> None:
    everything = "\n".join(path.read_text() for path in WORKFLOWS)
    assert "secrets." not in everything
    assert "aws-access-key-id" not in everything


def test_only_jobs_that_are_lent_a_role_may_ask_for_a_token() -> None:
    jobs = re.split(r"\n  (?=\w+:\n)", text("deploy.yml").partition("\njobs:\n")[2])
    for job in jobs:
        assert ("id-token: write" in job) == ("role-to-assume" in job) == ("environment:" in job)
    assert "id-token" not in text("e2e.yml")
