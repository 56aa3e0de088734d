"""The day after: how it does, other numbers of tasks, a restart, and a rollout that is stopped."""

import json
import signal

from tests.e2e.probe import DEPLOY, until
from tests.e2e.project import Project
from tests.e2e.traffic import Traffic


def test_status_is_one_screen_of_80_columns(project: Project) -> None:
    ran = project.invoke("status", COLUMNS="80")
    assert ran.code == 0, ran.out
    lines = ran.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "✓ service backend  1 of 1 running" in lines
    for words in ("✓ site frontend", project.url, project.site, "1 of 1 healthy", "sha256:"):
        assert words in ran.out
    assert "everything is as it was asked to be" in ran.out


def test_status_as_json_names_what_the_registry_and_the_bucket_have(project: Project) -> None:
    ran = project.invoke("status", "--json")
    assert ran.code == 0, ran.out
    found = json.loads(ran.out)
    release = found["services"]["backend"]["release"]
    images = project.written()["images"]["shipway-demo-local-backend"]
    assert release["digest"] in images
    assert release["source_tag"].startswith("src-")
    assert found["sites"]["frontend"]["release"]["files"] > 1
    assert (found["problems"], found["lock"]) == ([], None)


def test_watching_in_a_pipe_tells_what_changes_and_ends_with_ctrl_c(project: Project) -> None:
    with project.start("status", "--watch") as watch:
        lines = until(watch.stdout, "as it was asked to be")
        assert project.invoke("scale", "--count", "2").code == 0
        lines += until(watch.stdout, "2 of 2 running")
        watch.send_signal(signal.SIGINT)
        lines += str(watch.stdout.read() if watch.stdout else "")
    assert watch.returncode == 0, lines
    assert "Traceback" not in lines


def test_scaled_back_with_no_failed_request(project: Project) -> None:
    with Traffic(project.url, key="message") as traffic:
        ran = project.invoke("scale", "--count", "1")
    assert ran.code == 0, ran.out
    assert "1 task proven to run" in ran.out
    assert not traffic.failures
    assert project.service("backend")["runningCount"] == 1


def test_more_than_the_maximum_is_refused_with_the_way_to_do_it(project: Project) -> None:
    ran = project.invoke("scale", "--count", "99")
    assert ran.code == 3, ran.out
    assert "--count 99 --max 99" in ran.out
    assert project.invoke("scale", "--count", "-1").code == 2
    assert project.service("backend")["desiredCount"] == 1


def test_a_restart_starts_new_tasks_with_no_failed_request(project: Project) -> None:
    before = project.service("backend")
    with Traffic(project.url, key="message") as traffic:
        ran = project.invoke("restart")
    assert ran.code == 0, ran.out
    assert "1 task started anew" in ran.out
    assert not traffic.failures
    after = project.service("backend")
    assert after["taskDefinition"] == before["taskDefinition"]
    assert after["deployments"][0]["id"] != before["deployments"][0]["id"]


def test_nothing_to_abort(project: Project) -> None:
    ran = project.invoke("abort")
    assert ran.code == 0
    assert "nothing to abort" in ran.out


def test_an_abort_rolls_back_the_deploy_of_another_process(released: Project) -> None:
    released.probe(PROBE_VERSION="aborted", PROBE_START="60")
    with Traffic(f"{released.url}/probe/") as traffic, released.start(*DEPLOY) as run:
        lines = until(run.stdout, "has started 1 tasks")
        status = released.invoke("status")
        aborted = released.invoke("abort", "--service", "probe")
        lines += str(run.stdout.read() if run.stdout else "")
    assert "IN_PROGRESS since" in status.out
    assert aborted.code == 0, aborted.out
    assert "what ran before serves again" in aborted.out
    assert run.returncode == 4, lines
    assert "rolled back" in lines
    assert not traffic.failures
    assert set(traffic.answers) == {"good"}
