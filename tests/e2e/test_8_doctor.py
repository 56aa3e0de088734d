"""`invoke doctor` finds each fault alone, with its remedy; `invoke shell` goes into a task."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.e2e.project import PROBE, Project, Ran

Found = dict[str, dict[str, Any]]
NO_DOCKER = "unix:///nowhere/docker.sock"


@pytest.fixture
def healthy(project: Project) -> Iterator[Project]:
    """The project with deploy.toml as its infrastructure is; the test may change the file."""
    probed = "probe" in project.target()["services"]
    text = project.base + (PROBE.format(environment="", port=8080) if probed else "")
    path = project.root / "deploy.toml"
    path.write_text(text)
    yield project
    path.write_text(text)


def looked(ran: Ran) -> Found:
    """Return what was found by "group/name"."""
    checked = [event for event in ran.events if event["event"] == "checked"]
    return {f"{event['group']}/{event['name']}": event for event in checked}


def faults(found: Found) -> list[str]:
    return [key for key, event in found.items() if event["verdict"] == "NG"]


def only_fault(project: Project, key: str, text: str, remedy: str, *, docker: str = "") -> Found:
    """Run the doctor, which must find this fault and no other; return all that it found.

    `docker` is a DOCKER_HOST.
    """
    docker = docker or os.environ.get("DOCKER_HOST", "")
    ran = project.invoke("doctor", "--json", DOCKER_HOST=docker)
    found = looked(ran)
    assert faults(found) == [key]
    assert ran.code == 3
    assert text in found[key]["found"]
    assert remedy in found[key]["remedy"]
    return found


def test_a_healthy_environment_is_well_in_80_columns(healthy: Project) -> None:
    ran = healthy.invoke("doctor")
    assert ran.code == 0, ran.out
    assert not [line for line in ran.out.splitlines() if line.startswith("  NG")]
    assert max(map(len, ran.out.splitlines())) <= 80
    for group in ("this machine", "credentials", "environment", "service backend", "site frontend"):
        assert f"\n{group}\n" in f"\n{ran.out}"
    assert "well: " in ran.out


def test_the_machine_readable_form_has_every_check(healthy: Project) -> None:
    ran = healthy.invoke("doctor", "--json")
    assert len(ran.events) == len(ran.out.splitlines())
    found = looked(ran)
    assert found["service backend/running image"]["found"].endswith("for linux/amd64, as the task")
    assert found["service backend/execution role"]["verdict"] == "OK"
    assert ran.events[-1]["exit_code"] == 0


def test_without_docker_everything_else_is_looked_at(healthy: Project) -> None:
    found = only_fault(
        healthy,
        "this machine/Docker engine",
        "Docker does not answer",
        "DOCKER_HOST (unix:///nowhere/docker.sock)",
        docker=NO_DOCKER,
    )
    assert found["environment/deploy parameter"]["verdict"] == "OK"


def test_a_port_that_another_program_has(healthy: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        healthy.edit("deploy.toml", rf"port = {healthy.listener}\b", f"port = {port}")
        only_fault(healthy, f"this machine/port {port}", "taken by another", "another `port`")


def test_credentials_of_another_account(healthy: Project) -> None:
    healthy.edit("deploy.toml", r"(\[environments.local\]\n)", r'\1account = "999999999999"' + "\n")
    found = only_fault(
        healthy, "credentials/account", "environment local is account 999999999999", "AWS_PROFILE"
    )
    assert found["environment/deploy parameter"]["verdict"] == "SKIP"
    assert found["service backend/shell"]["found"] == "because account is not good"


def test_a_cloud_that_is_down(healthy: Project) -> None:
    healthy.edit("deploy.toml", rf"localhost:{healthy.port}", "localhost:1")
    ran = healthy.invoke("doctor", "--json")
    found = looked(ran)
    assert ran.code == 3
    assert "invoke cloud.up" in found["credentials/identity"]["remedy"]
    assert found["environment/cluster"]["found"] == "because identity is not good"
    assert found["this machine/Docker engine"]["verdict"] == "OK"


def test_a_network_that_is_dead_hangs_nothing(healthy: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, and never answers
        port = silent.getsockname()[1]
        healthy.edit("deploy.toml", rf"localhost:{healthy.port}", f"localhost:{port}")
        ran = healthy.invoke("doctor", "--json")
    found = looked(ran)
    assert ran.code == 3
    assert found["credentials/identity"]["found"] == "no answer within 5 s"
    assert found["this machine/Docker engine"]["verdict"] == "OK"


def test_an_environment_that_terraform_did_not_make(healthy: Project) -> None:
    ssm, name = healthy.client("ssm"), "/shipway-demo/local/deploy"
    value = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    ssm.delete_parameter(Name=name)
    try:
        only_fault(
            healthy,
            "environment/deploy parameter",
            "has no infrastructure yet",
            "invoke infra.apply --env local",
        )
    finally:
        ssm.put_parameter(Name=name, Value=value, Type="String")


def test_a_service_without_infrastructure(healthy: Project) -> None:
    path = healthy.root / "deploy.toml"
    worker = '\n[services.worker]\ncontext = "backend"\nport = 9000\n'
    path.write_text(path.read_text() + worker)
    ran = healthy.invoke("doctor", "--json")
    found = looked(ran)
    assert faults(found) == ["environment/services", "service worker/infrastructure"]
    assert "worker" in found["environment/services"]["found"]
    assert found["service worker/circuit breaker"]["verdict"] == "SKIP"


def test_a_secret_that_is_not_there(healthy: Project) -> None:
    """And that the role may not read it, which is another fault."""
    arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:nowhere-AbCdEf"
    healthy.edit("deploy.toml", '(DATABASE_URL = "database-url")', rf'\1, KEY = "{arn}"')
    found = looked(healthy.invoke("doctor", "--json"))
    assert faults(found) == ["service backend/secrets", "service backend/execution role"]
    assert arn in found["service backend/secrets"]["found"]
    assert "secretsmanager:GetSecretValue" in found["service backend/execution role"]["found"]


def test_an_image_for_another_processor(healthy: Project) -> None:
    healthy.edit(
        "deploy.toml", r"(\[services.backend.build\]\n)", r'\1platform = "linux/arm64"' + "\n"
    )
    only_fault(
        healthy,
        "service backend/running image",
        "the image is for linux/amd64, deploy.toml says linux/arm64",
        "deploy-backend --service backend --rebuild",
    )


@contextmanager
def changed(healthy: Project, **settings: Any) -> Iterator[None]:
    """Change the ECS service by hand, as somebody does in the console, and back."""
    service = healthy.service("backend")
    place = {"cluster": service["clusterArn"], "service": service["serviceName"]}
    ecs = healthy.client("ecs")
    before = {name: service[name] for name in settings}
    ecs.update_service(**place, **settings)
    try:
        yield
    finally:
        ecs.update_service(**place, **before)


def test_a_circuit_breaker_that_is_off(healthy: Project) -> None:
    off = {"deploymentCircuitBreaker": {"enable": False, "rollback": False}}
    with changed(healthy, deploymentConfiguration=off):
        only_fault(healthy, "service backend/circuit breaker", "off", "invoke infra.apply")


def test_a_load_balancer_that_is_too_impatient(healthy: Project) -> None:
    with changed(healthy, healthCheckGracePeriodSeconds=1):
        only_fault(healthy, "service backend/grace period", "1 s; the container has 10 s", "early")


def test_a_site_that_everybody_may_read_and_that_has_no_way_back(healthy: Project) -> None:
    s3, bucket = healthy.client("s3"), healthy.target()["sites"]["frontend"]["bucket"]
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    try:
        found = looked(healthy.invoke("doctor", "--json"))
    finally:
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    assert faults(found) == ["site frontend/bucket", "site frontend/not public"]


def test_after_all_that_it_is_well_again(healthy: Project) -> None:
    assert healthy.invoke("doctor").code == 0


def shell(project: Project, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run `invoke shell` with `typed` as its input."""
    return subprocess.run(
        [sys.executable, "-m", "invoke", "shell", *arguments],
        cwd=project.root,
        input=typed,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_a_command_runs_in_the_container(healthy: Project) -> None:
    ran = shell(healthy, "--command", "python -c 'print(1)'")
    assert (ran.returncode, ran.stdout) == (0, "1\n")
    assert shell(healthy, "--command", "id -u; exit 5").stdout == "10001\n"
    assert shell(healthy, "--command", "exit 5").returncode == 5


def test_words_behind_two_dashes_stay_words(healthy: Project) -> None:
    code = "import json, sys; print(json.dumps(sys.argv[1:]))"
    ran = shell(healthy, "--", "python", "-c", code, "a  b", "$HOME")
    assert json.loads(ran.stdout) == ["a  b", "$HOME"]


def test_a_shell_reads_a_pipe(healthy: Project) -> None:
    ran = shell(healthy, typed="cd /tmp\npwd\nexit 7\n")
    assert (ran.returncode, ran.stdout) == (7, "/tmp\n")


def test_a_task_can_be_chosen_and_an_unknown_one_is_refused(healthy: Project) -> None:
    name = healthy.task("backend")["taskArn"].rpartition("/")[2]
    ran = shell(healthy, "--task", name[:8], "--command", "true")
    assert ran.returncode == 0, ran
    ran = shell(healthy, "--task", "nowhere", "--command", "true")
    assert ran.returncode == 3, ran
    assert name in ran.stdout, ran


def test_a_service_that_deploy_toml_has_not(healthy: Project) -> None:
    ran = shell(healthy, "--service", "nothing", "--command", "true")
    assert ran.returncode == 2
    assert "--service takes one of: backend" in ran.stdout
