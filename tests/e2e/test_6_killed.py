"""Deploys that are killed, cancelled or overtaken: what is left, and what the next run does."""

import itertools
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.project import Project
from tests.e2e.traffic import Traffic
from tests.integration.site.faulty_cloud import Fault, FaultyCloud, faulty_cloud

GREETING = r'GREETING = ".*?"'
LEAD = r'<p className="lead">.*?</p>'
RECORD = r"releases/.*\.json"
number = itertools.count(1)


@pytest.fixture(scope="module", autouse=True)
def alone(project: Project) -> None:
    """Only the sample service and the sample site: no probe of the tests before."""
    (project.root / "deploy.toml").write_text(project.base)
    ran = project.invoke("deploy")
    assert ran.code == 0, ran.out


@contextmanager
def through_proxy(project: Project) -> Iterator[FaultyCloud]:
    """Let the project's commands reach the cloud by a proxy that can fail."""
    with faulty_cloud(f"http://localhost:{project.port}") as proxy:
        there = project.base.replace(f'"http://localhost:{project.port}"', f'"{proxy.endpoint}"')
        (project.root / "deploy.toml").write_text(there)
        try:
            yield proxy
        finally:
            (project.root / "deploy.toml").write_text(project.base)


def change(project: Project) -> str:
    """Change both halves; return the backend's new greeting."""
    text = f"Change {next(number)}"
    project.edit("backend/app/main.py", GREETING, f'GREETING = "{text}"')
    page = "frontend/src/status/StatusPage.tsx"
    project.edit(page, LEAD, f'<p className="lead">{text}</p>')
    return text


def revisions(project: Project) -> int:
    family = project.target()["services"]["backend"]["family"]
    pages = project.client("ecs").get_paginator("list_task_definitions")
    return sum(
        len(page["taskDefinitionArns"])
        for status in ("ACTIVE", "INACTIVE")
        for page in pages.paginate(familyPrefix=family, status=status)
    )


def killed_at(project: Project, write: int) -> bool:
    """Kill -9 a deploy at its `write`-th write of the journal; whether it lived as long."""
    with through_proxy(project) as proxy:
        proxy.faults.append(Fault("PUT", "hold", key=RECORD, after=write - 1))
        with project.start("deploy") as process:
            while process.poll() is None and not proxy.held.wait(0.05):
                pass
            reached = proxy.held.is_set()
            process.kill()
            out, _ = process.communicate()
        proxy.released.set()
        print(out)
        return reached


@pytest.mark.timeout(1200)  # two deploys for each write
def test_killed_at_any_write_of_its_journal_the_next_run_goes_on(project: Project) -> None:
    """Fault 6: no revision twice, nothing half-live, and the record says where it was cut off."""
    for write in itertools.count(1):
        before = revisions(project)
        text = change(project)
        with Traffic(project.url + "/health", key="status") as traffic:
            reached = killed_at(project, write)
            assert project.invoke("lock.release", "--force").code == 0
            ran = project.invoke("deploy")
        assert ran.code == 0, ran.out
        assert not traffic.failures, f"after a kill at write {write}"
        assert revisions(project) == before + 1, f"after a kill at write {write}"
        assert text in project.get(project.url)
        # Before the first write nothing is known; at the last one all is done.
        if write > 1 and reached and "unchanged: nothing to do" not in ran.out:
            assert "was cut off" in ran.out
        if not reached:
            break
    assert write > 5  # the deploy had several phases, and each was killed in


def test_a_killed_runs_lock_is_taken_over_when_its_lease_ends(project: Project) -> None:
    change(project)
    assert killed_at(project, 3)
    refused = project.invoke("deploy")
    assert refused.code == 7
    assert "--wait-for-lock" in refused.out
    ran = project.invoke("deploy", "--wait-for-lock", "90")
    assert ran.code == 0, ran.out


def test_two_deploys_at_once_come_one_after_the_other(project: Project) -> None:
    """Fault 7."""
    change(project)
    late = ("deploy", "--wait-for-lock", "120")
    with project.start("deploy") as first, project.start(*late) as second:
        ended = [process.communicate(timeout=200)[0] for process in (first, second)]
    codes = sorted((first.returncode, second.returncode))
    assert codes[0] == 0, ended
    assert codes[1] in (0, 7), ended  # the one that does not wait may be the one that is late
    assert project.invoke("deploy").code == 0
    assert "unchanged" in project.invoke("deploy").out


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_lets_the_lock_go_and_says_how_to_go_on(
    project: Project, sent: signal.Signals
) -> None:
    """Fault 5: Ctrl-C, and what CI does to a run that it cancels."""
    change(project)
    with project.start("deploy") as process:
        assert process.stdout
        assert any(line.startswith("▸ rollout backend") for line in process.stdout)
        process.send_signal(sent)
        out, _ = process.communicate(timeout=200)
    assert process.returncode == 130, out
    assert "→" in out
    assert "is free" in project.invoke("lock.status").out
    assert project.invoke("deploy").code == 0


def test_a_lost_reply_makes_no_second_revision(project: Project) -> None:
    """Fault 19."""
    before = revisions(project)
    change(project)
    with through_proxy(project) as proxy:
        proxy.faults.append(Fault("PUT", "unanswered", key=RECORD, after=1))
        proxy.faults.append(Fault("PUT", "unanswered", key=r"\.shipway/live\.json"))
        ran = project.invoke("deploy")
    assert ran.code == 0, ran.out
    assert revisions(project) == before + 1
    assert latest(project)["outcome"] == "succeeded"


def latest(project: Project) -> dict[str, object]:
    found: list[dict[str, object]] = json.loads(project.invoke("releases", "--json").out)[
        "releases"
    ]
    return found[0]


def test_a_freeze_stops_deploys_and_tells_why(project: Project) -> None:
    change(project)
    assert project.invoke("lock.take", "--reason", "the fair is on").code == 0
    ran = project.invoke("deploy")
    assert ran.code == 7
    assert "the fair is on" in ran.out
    assert project.invoke("lock.release").code == 0
    ran = project.invoke("deploy")
    assert ran.code == 0, ran.out
