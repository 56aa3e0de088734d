"""The commands that Compose is given."""

from pathlib import Path

import pytest

from deploy.compose.stack import Stack, project_name, variable

STACK = Stack(("docker", "compose"), Path("/demo"), "demo")


def test_nothing_is_built_by_compose_itself() -> None:
    assert STACK.up()[:4] == ("docker", "compose", "--project-name", "demo")
    assert {"--detach", "--no-build"} <= set(STACK.up())


def test_data_goes_only_when_it_is_asked_for() -> None:
    assert "--volumes" not in STACK.down()
    assert "--volumes" in STACK.down(data=True)


def test_each_container_has_its_time_to_end_unless_nobody_waits() -> None:
    assert "--timeout" not in STACK.down()
    assert STACK.down(at_once=True)[-2:] == ("--timeout", "0")


def test_as_it_ships_means_without_what_is_for_development() -> None:
    shipped = Stack(("docker", "compose"), Path("/demo"), "demo", as_shipped=True)
    assert shipped.up()[2:4] == ("--file", "compose.yaml")
    assert "--file" not in STACK.up()


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("shipway", "shipway"),
        ("My Project.v2", "myprojectv2"),
        ("_a-b_c", "a-b_c"),
        ("...", "default"),
    ],
)
def test_the_project_is_named_as_compose_names_it(folder: str, name: str) -> None:
    assert project_name(Path("/home/me", folder), {}) == name


def test_a_name_that_was_given_counts() -> None:
    assert project_name(Path("/a/b"), {"COMPOSE_PROJECT_NAME": "mine"}) == "mine"
    assert project_name(Path("/a/b"), {"COMPOSE_PROJECT_NAME": ""}) == "b"


def test_a_service_has_variables_of_its_own() -> None:
    assert variable("backend", "PORT") == "BACKEND_PORT"
    assert variable("my-api", "IMAGE") == "MY_API_IMAGE"
