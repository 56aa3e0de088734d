"""The whole definition as a reviewer reads it."""

import copy
from typing import Any

from deploy.service.shown import definition_diff
from tests.unit.service.test_diff import desired, registered
from tests.unit.service.world import NEW, OLD


def changed(lines: tuple[str, ...]) -> list[str]:
    return [line for line in lines if not line.startswith(" ")]


def test_a_first_release_is_all_new() -> None:
    lines = definition_diff(desired(), None)
    assert {line[0] for line in lines} == {"+"}
    assert lines[1] == '+  "family": "demo-backend",'


def test_what_means_the_same_is_shown_without_a_mark() -> None:
    lines = definition_diff(desired(), registered(desired()))
    assert not changed(lines)
    assert any('"image": ' in line for line in lines)


def test_a_change_stands_where_it_is_in_the_definition() -> None:
    lines = definition_diff(
        desired(NEW, cpu=512, environment={"MODE": "b"}),
        registered(desired(OLD, cpu=256, environment={"MODE": "a"})),
    )
    told = [line[0] + line[1:].strip().rstrip(",") for line in changed(lines)]
    assert '-"MODE": "a"' in told
    assert '+"MODE": "b"' in told
    assert {'-"cpu": "256"', '+"cpu": "512"'} <= set(told)
    assert len(told) == 6  # and the image
    assert len(lines) > 30


def test_a_variable_more_is_one_line_more() -> None:
    lines = definition_diff(
        desired(environment={"A": "1", "B": "2"}), registered(desired(environment={"A": "1"}))
    )
    assert [line.strip() for line in changed(lines)] == ['+        "B": "2"']


def test_a_secret_never_shows_and_yet_its_change_does() -> None:
    before, after = "hunter2-canary", "hunter3-canary"
    lines = definition_diff(
        desired(environment={"API_TOKEN": after}),
        registered(desired(environment={"API_TOKEN": before})),
    )
    assert "canary" not in "".join(lines)
    assert [line.strip(" +-,") for line in changed(lines)] == [
        '"API_TOKEN": "[REDACTED]"',
        '"API_TOKEN": "[REDACTED] (another value)"',
    ]


def test_a_sidecar_that_somebody_added_is_shown_as_it_is() -> None:
    running: dict[str, Any] = registered(desired())
    request = copy.deepcopy(desired())
    sidecar = {"name": "agent", "image": "agent:1", "command": ["--token", "canary"]}
    request["containerDefinitions"].append(sidecar)
    lines = changed(definition_diff(request, running))
    assert any('"agent:1"' in line for line in lines)
    assert "canary" not in "".join(lines)
