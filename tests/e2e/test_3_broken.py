"""Releases that break, each in its own way: what is said, and that the old version serves."""

import signal

import pytest

from tests.e2e.probe import DEPLOY, deploy, until
from tests.e2e.project import Project
from tests.e2e.traffic import Traffic
from tests.integration.local_cloud import eventually

BROKEN = {
    "exits at once": ({"PROBE_EXIT": "3"}, ["exited with code 3", "fatal: told to exit"]),
    "exits with 137": ({"PROBE_EXIT": "137"}, ["137", "fatal: told to exit"]),
    "health answers 500": ({"PROBE_HEALTH": "500"}, ["health check", "GET /health"]),
    "never listens": ({"PROBE_SILENT": "1"}, ["health check", "starting version"]),
    "out of memory": ({"PROBE_OOM": "0"}, ["out of memory", "137", "taking memory"]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_first_release_fails_and_nothing_pretends_to_run(
    name: str, probe: Project
) -> None:
    environment, said = BROKEN[name]
    probe.probe(**environment)
    ran = probe.invoke(*DEPLOY)
    assert ran.code == 1, ran.out
    for words in said:
        assert words in ran.out
    assert probe.service("probe")["desiredCount"] == 0
    eventually(lambda: tasks(probe) == 0)  # ECS may have begun one of the bootstrap revision again


def tasks(probe: Project) -> int:
    """Return how many tasks of the service run, or are to."""
    service = probe.service("probe")
    return int(service["runningCount"] + service["pendingCount"])


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_release_is_rolled_back_and_the_old_version_serves(
    name: str, released: Project
) -> None:
    environment, said = BROKEN[name]
    released.probe(PROBE_VERSION="bad", **environment)
    with Traffic(f"{released.url}/probe/") as traffic:
        ran = released.invoke(*DEPLOY)
    assert ran.code == 4, ran.out
    assert "rolled back" in ran.out
    for words in said:
        assert words in ran.out
    assert not traffic.failures
    assert set(traffic.answers) == {"good"}
    assert released.service("probe")["runningCount"] == 1


def test_after_a_rollback_the_same_release_is_tried_again(released: Project) -> None:
    released.probe(PROBE_VERSION="twice", PROBE_EXIT="3")
    assert released.invoke(*DEPLOY).code == 4
    definitions = released.written()["definitions"]
    ran = released.invoke(*DEPLOY)
    assert ran.code == 4, ran.out  # and not "unchanged"
    assert released.written()["definitions"] == definitions  # the same revision


CHANGED = {
    "starts slowly": {"PROBE_START": "4"},
    "moves to another port": {"PROBE_PORT": "8090"},
}


@pytest.mark.parametrize("name", CHANGED)
def test_a_good_release_takes_over_with_no_failed_request(name: str, released: Project) -> None:
    released.probe(PROBE_VERSION="changed", **CHANGED[name])
    with Traffic(f"{released.url}/probe/") as traffic:
        ran = released.invoke(*DEPLOY)
    assert ran.code == 0, ran.out
    assert not traffic.failures
    assert set(traffic.answers) == {"good", "changed"}
    deploy(released, PROBE_VERSION="good")


def test_a_deployment_of_somebody_else_supersedes_ours(released: Project) -> None:
    """Who goes by the console, past the lock, is still not taken for our own success."""
    service = released.service("probe")
    theirs = by_hand(released, service["taskDefinition"])
    released.probe(PROBE_VERSION="first", PROBE_START="40")
    with released.start(*DEPLOY) as first:
        lines = until(first.stdout, "has started 1 tasks")
        released.client("ecs").update_service(
            cluster=service["clusterArn"],
            service=service["serviceName"],
            taskDefinition=theirs,
        )
        out = lines + str(first.stdout.read() if first.stdout else "")
    assert first.returncode == 5, out
    assert "superseded" in out
    deploy(released, PROBE_VERSION="good")


def by_hand(project: Project, definition: str) -> str:
    """Register what the console would: another revision of `definition`. Return its ARN."""
    ecs = project.client("ecs")
    found = ecs.describe_task_definition(taskDefinition=definition)["taskDefinition"]
    kept = ecs.meta.service_model.operation_model("RegisterTaskDefinition").input_shape.members
    request = {name: value for name, value in found.items() if name in kept}
    request["containerDefinitions"][0]["environment"].append({"name": "NOTE", "value": "by hand"})
    made = ecs.register_task_definition(**request)["taskDefinition"]
    return str(made["taskDefinitionArn"])


def test_a_second_deploy_is_told_who_is_first(released: Project) -> None:
    released.probe(PROBE_VERSION="slow", PROBE_START="4")
    with released.start(*DEPLOY) as first:
        lines = until(first.stdout, "has started 1 tasks")
        released.probe(PROBE_VERSION="second")
        second = released.invoke(*DEPLOY)
        out = lines + str(first.stdout.read() if first.stdout else "")
    assert second.code == 7
    assert "--wait-for-lock" in second.out
    assert first.returncode == 0, out
    deploy(released, PROBE_VERSION="good")


def test_a_rollout_that_takes_too_long_times_out_and_goes_on(released: Project) -> None:
    released.probe(PROBE_VERSION="late", PROBE_START="4")
    ran = released.invoke(*DEPLOY, "--timeout", "2")
    assert ran.code == 6, ran.out
    assert "the rollout goes on" in ran.out
    again = released.invoke(*DEPLOY)  # follows it: no second rollout
    assert again.code == 0, again.out
    assert "is being rolled out already" in again.out


def test_ctrl_c_detaches_and_says_how_to_go_on(released: Project) -> None:
    released.probe(PROBE_VERSION="detached", PROBE_START="4")
    with released.start(*DEPLOY) as run:
        lines = until(run.stdout, "has started 1 tasks")
        run.send_signal(signal.SIGINT)
        out = lines + str(run.stdout.read() if run.stdout else "")
    assert run.returncode == 130, out
    assert "invoke deploy-backend --service probe" in out
    assert "Traceback" not in out
    assert released.invoke(*DEPLOY).code == 0
