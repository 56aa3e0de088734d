"""What RegisterTaskDefinition is given."""

from pathlib import Path
from typing import Any

import pytest

from deploy.errors import ConfigError
from deploy.service.definition import TEMPLATE, TEMPLATES, check, image_reference, render
from deploy.service.diff import leaves, pruned
from tests.unit.service.world import BACKEND, NEW, config_of, service_of

IMAGE = f"localhost:4566/demo-backend@{NEW}"


def rendered(**changes: Any) -> dict[str, Any]:
    service = service_of(**changes)
    return render(config_of(service), service, BACKEND, IMAGE)


def container(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = rendered(**changes)["containerDefinitions"][0]
    return found


def test_defaults_are_those_of_the_documents() -> None:
    definition = rendered()
    assert definition["family"] == "demo-backend"
    assert (definition["cpu"], definition["memory"]) == ("1024", "2048")
    assert definition["requiresCompatibilities"] == ["FARGATE"]
    assert definition["networkMode"] == "awsvpc"
    assert definition["runtimePlatform"]["cpuArchitecture"] == "X86_64"
    assert definition["executionRoleArn"] == BACKEND.execution_role_arn
    assert definition["taskRoleArn"] == BACKEND.task_role_arn


def test_the_container_is_pinned_by_digest_and_runs_without_root() -> None:
    backend = container()
    assert backend["image"] == IMAGE
    assert backend["user"] == "10001"
    assert backend["readonlyRootFilesystem"] is True
    assert backend["mountPoints"][0]["containerPath"] == "/tmp"
    assert backend["linuxParameters"] == {"initProcessEnabled": True}
    assert backend["logConfiguration"]["options"] == {
        "awslogs-group": "/demo/backend",
        "awslogs-region": "us-east-1",
        "awslogs-stream-prefix": "backend",
    }


def test_a_writable_root_needs_no_volume() -> None:
    definition = rendered(readonly_root=False)
    assert definition["volumes"] == []
    assert definition["containerDefinitions"][0]["mountPoints"] == []


def test_environment_and_secrets_are_sorted() -> None:
    backend = container(
        environment={"b": "2", "B": "1", "A": "0"}, secrets={"Z": "arn:z", "DB": "arn:db"}
    )
    assert [entry["name"] for entry in backend["environment"]] == ["A", "B", "b"]
    assert backend["secrets"] == [
        {"name": "DB", "valueFrom": "arn:db"},
        {"name": "Z", "valueFrom": "arn:z"},
    ]


@pytest.mark.parametrize("value", ['say "hi"', "<&'>", "{{ secret }}", "back\\slash", "ümläut\n"])
def test_any_text_survives_the_template(value: str) -> None:
    assert container(environment={"X": value})["environment"] == [{"name": "X", "value": value}]


def test_the_health_check_is_a_python_that_can_be_run() -> None:
    command = container()["healthCheck"]["command"]
    assert command[:3] == ["CMD", "python3", "-c"]
    assert "http://127.0.0.1:8000/health" in command[3]
    compile(command[3], "health", "exec")


def test_an_empty_health_means_no_check_also_where_one_runs() -> None:
    assert container(health="")["healthCheck"] is None


def test_a_commit_names_a_revision_but_is_no_part_of_it() -> None:
    service = service_of()
    one = render(config_of(), service, BACKEND, IMAGE, tags={"git-commit": "abc"})
    two = render(config_of(), service, BACKEND, IMAGE, tags={"git-commit": "def"})
    assert {"key": "git-commit", "value": "abc"} in one["tags"]
    assert {"key": "project", "value": "demo"} in one["tags"]
    assert leaves(one) == leaves(two)


def test_arm_is_said_and_anything_else_refused() -> None:
    build = service_of().build
    arm = type(build)(build.context, build.dockerfile, platform="linux/arm64")
    assert rendered(build=arm)["runtimePlatform"]["cpuArchitecture"] == "ARM64"
    riscv = type(build)(build.context, build.dockerfile, platform="linux/riscv64")
    with pytest.raises(ConfigError, match=r"services\.backend\.build\.platform"):
        rendered(build=riscv)


def test_what_ecs_would_refuse_is_named_by_its_path_and_not_its_value() -> None:
    definition = pruned(rendered())
    definition["containerDefinitions"][0]["environment"] = [{"name": "TOKEN", "value": 4711}]
    definition["containerDefinitions"][0]["portMapping"] = []
    with pytest.raises(ConfigError) as caught:
        check(definition)
    text = "\n".join(caught.value.details)
    assert "containerDefinitions[0].environment[0].value" in text
    assert "portMapping" in text
    assert "4711" not in text
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ('{"family": {{ familie | tojson }}}', "familie"),
        ('{"family": {{ target.family }}}', "JSON"),
        ('{"family": {% if %}}', TEMPLATE),
        ('{"family": "x"}', "not one that ECS takes"),
    ],
)
def test_a_broken_template_is_a_configuration_error(
    tmp_path: Path, template: str, message: str
) -> None:
    (tmp_path / TEMPLATE).write_text(template)
    with pytest.raises(ConfigError, match=message) as caught:
        render(config_of(), service_of(), BACKEND, IMAGE, templates=tmp_path)
    assert TEMPLATE in caught.value.remedy


def test_the_template_is_shipped() -> None:
    assert (TEMPLATES / TEMPLATE).is_file()


def test_an_image_that_is_not_built_yet_can_be_written_down() -> None:
    assert image_reference("registry/demo", NEW) == f"registry/demo@{NEW}"
    assert "of the build" in image_reference("registry/demo", None)
