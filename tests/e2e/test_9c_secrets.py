"""Secrets: a missing one is refused before the build, a rotated one rolls the service, and what
they say is nowhere but in the store and in the container.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.project import PROBE, Project, Ran

FIRST, SECOND, PARAMETER = (f"canary-{text}-5up3r" for text in ("first", "second", "parameter"))
NAME, PATH = "shipway-demo/local/probe-url", "/shipway-demo/local/key"
SECRETS = f"""
[environments.local.services.probe]
secrets = {{ PROBE_URL = "probe-url", API_KEY = "{PATH}" }}
"""
DEPLOY = ("deploy-backend", "--service", "probe")


class Typed:
    """What was typed and printed, all together."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.out: list[str] = []

    def invoke(self, *arguments: str, stdin: str = "") -> Ran:
        ran = subprocess.run(
            [sys.executable, "-m", "invoke", *arguments],
            cwd=self.project.root,
            env={**os.environ, "COLUMNS": "100"},
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=400,
            check=False,
        )
        print(f"$ invoke {' '.join(arguments)}\n{ran.stdout}[{ran.returncode}]")
        self.out.append(ran.stdout)
        return Ran(ran.returncode, ran.stdout, 0)


@pytest.fixture(scope="module")
def typed(probe: Project) -> Iterator[Typed]:
    """The probe with two secrets that are not there yet."""
    text = (probe.root / "deploy.toml").read_text()
    given = PROBE.format(environment='PROBE_PORT = "8080"', port=8080)
    (probe.root / "deploy.toml").write_text(probe.base + given + SECRETS)
    yield Typed(probe)
    (probe.root / "deploy.toml").write_text(text)
    manager, ssm = probe.client("secretsmanager"), probe.client("ssm")
    manager.delete_secret(SecretId=NAME, ForceDeleteWithoutRecovery=True)
    ssm.delete_parameter(Name=PATH)


def has(project: Project, name: str, value: str) -> bool:
    """Whether the container that serves has this value as a variable; neither is printed."""
    command = f'printf %s "${name}" | sha256sum'
    ran = project.invoke("shell", "--service", "probe", "--command", command)
    assert ran.code == 0, ran.out
    return hashlib.sha256(value.encode()).hexdigest() in ran.out


def revision(project: Project) -> str:
    return str(project.service("probe")["taskDefinition"])


def test_a_missing_secret_is_refused_before_the_build(typed: Typed) -> None:
    before = typed.project.written()
    ran = typed.invoke(*DEPLOY)
    assert ran.code == 3, ran.out
    assert "`invoke secrets.set probe-url`" in ran.out
    assert f"`invoke secrets.set {PATH}`" in ran.out
    assert "build probe" not in ran.out
    assert typed.project.written() == before
    assert typed.invoke("secrets.check").code == 3


def test_set_from_stdin_it_reaches_the_container(typed: Typed) -> None:
    assert typed.invoke("secrets.set", "probe-url", stdin=f"{FIRST}\n").code == 0
    assert typed.invoke("secrets.set", "key", "--store", "ssm", stdin=PARAMETER).code == 0
    assert typed.invoke("secrets.check").code == 0
    ran = typed.invoke(*DEPLOY)
    assert ran.code == 0, ran.out
    assert has(typed.project, "PROBE_URL", FIRST)
    assert has(typed.project, "API_KEY", PARAMETER)


def test_a_secret_that_stays_rolls_nothing_out(typed: Typed) -> None:
    before = typed.project.written()
    ran = typed.invoke(*DEPLOY)
    assert ran.code == 0, ran.out
    assert "nothing to do" in ran.out
    assert typed.project.written() == before


def test_a_rotated_secret_rolls_the_service(typed: Typed) -> None:
    before = revision(typed.project)
    assert "new version" in typed.invoke("secrets.set", "probe-url", stdin=SECOND).out
    ran = typed.invoke(*DEPLOY)
    assert ran.code == 0, ran.out
    assert re.search(r"environment\[APP_SECRETS_VERSION\] +a secret was rotated", ran.out)
    assert revision(typed.project) != before
    assert has(typed.project, "PROBE_URL", SECOND)


def test_a_secret_in_use_stays(typed: Typed) -> None:
    ran = typed.invoke("secrets.unset", "probe-url")
    assert ran.code == 2, ran.out
    assert "is used by probe" in ran.out
    shown = typed.invoke("secrets.list", "--json")
    states = {each["name"]: each["state"] for each in json.loads(shown.out)["secrets"]}
    assert (states["probe-url"], states[PATH]) == ("set", "set")


def test_a_secret_in_the_environment_is_refused(typed: Typed) -> None:
    path = typed.project.root / "deploy.toml"
    text = path.read_text()
    path.write_text(text.replace('PROBE_PORT = "8080"', f'API_TOKEN = "{FIRST}"'))
    ran = typed.invoke(*DEPLOY)
    path.write_text(text)
    assert ran.code == 2, ran.out
    assert "services.probe.environment.API_TOKEN: looks like a secret" in ran.out
    assert 'not_secret = ["API_TOKEN"]' in ran.out


def test_what_a_secret_says_is_nowhere_else(typed: Typed) -> None:
    """After all of the above, the broken and the good."""
    ran = typed.invoke(*DEPLOY, "--plan", "--json")
    assert ran.code == 0, ran.out
    everywhere = {
        "output": "\n".join(typed.out),
        "task definitions": definitions(typed.project),
        "records": records(typed.project),
        "files": files(typed.project.root / ".shipway"),
        "log": log(typed.project),
    }
    assert "APP_SECRETS_VERSION" in everywhere["task definitions"]
    assert "deploy" in everywhere["records"]
    for where, text in everywhere.items():
        for value in (FIRST, SECOND, PARAMETER):
            assert value not in text, f"a secret's value is in {where}"


def definitions(project: Project) -> str:
    ecs = project.client("ecs")
    arns = ecs.list_task_definitions()["taskDefinitionArns"]
    return repr([ecs.describe_task_definition(taskDefinition=arn) for arn in arns])


def records(project: Project) -> str:
    s3, bucket = project.client("s3"), project.target()["records"]
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    return "\n".join(s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys)


def files(folder: Path) -> str:
    """Return all that Shipway and the local cloud keep on this machine, but the stores' own."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return "\n".join(path.read_text(errors="replace") for path in found)


def log(project: Project) -> str:
    logs, group = project.client("logs"), project.target()["services"]["probe"]["log_group"]
    return repr(logs.filter_log_events(logGroupName=group)["events"])
