"""Which Compose is taken, and what is said where none will do."""

import pytest

from deploy.compose.tool import CANDIDATES, choose, find, parse_version
from deploy.errors import PreflightError

PLUGIN, PROGRAM = CANDIDATES


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("2.40.3\n", (2, 40)),
        ("v2.21.0", (2, 21)),
        ("1.29.2", (1, 29)),
        ("2.37.1+ds1-0ubuntu2~24.04.1", (2, 37)),
        ("", None),
        ("docker: 'compose' is not a docker command.", None),
    ],
)
def test_a_version_is_read(text: str, version: tuple[int, int] | None) -> None:
    assert parse_version(text) == version


def test_the_plugin_goes_before_the_older_program() -> None:
    assert choose([(PLUGIN, "2.40.0"), (PROGRAM, "1.29.2")]) == PLUGIN
    assert choose([(PLUGIN, ""), (PROGRAM, "1.29.2")]) == PROGRAM


def test_the_other_one_is_not_asked_when_the_first_will_do() -> None:
    asked: list[tuple[str, ...]] = []

    def ask(argv: tuple[str, ...]) -> str:
        asked.append(argv)
        return "2.40.0"

    assert find(ask) == PLUGIN
    assert asked == [PLUGIN]


def test_one_that_can_not_wait_for_the_migrations_is_refused_by_name() -> None:
    with pytest.raises(PreflightError) as caught:
        choose([(PLUGIN, ""), (PROGRAM, "1.25.0")])
    assert caught.value.details == ("docker-compose: version 1.25.0 is too old",)


def test_without_any_the_error_says_what_to_install() -> None:
    with pytest.raises(PreflightError) as caught:
        find(lambda _: "")
    assert caught.value.message == "there is no Docker Compose"
    assert "docker-compose on Debian 12" in caught.value.remedy
