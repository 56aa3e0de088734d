from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.errors import PreflightError, ToolError
from scripts.machine import base_image
from scripts.machine.base_image import BACKEND, bootstrap, prepare
from scripts.machine.postgres_image import ENTRY_POINT, MAJOR, POSTGRES

World = Callable[..., list[str]]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """An engine with some images, and a hub with others. Returns the list of what was built."""

    def make(*, present: tuple[str, ...] = (), hub: tuple[str, ...] = ()) -> list[str]:
        built: list[str] = []
        monkeypatch.setattr(base_image, "exists", lambda name: name in present)
        monkeypatch.setattr(base_image, "pull", lambda name: name in hub)
        monkeypatch.setattr(base_image, "build", lambda base: built.append(base.stand_in))
        return built

    return make


def test_the_official_image_is_pulled_where_it_can_be(world: World) -> None:
    built = world(hub=(BACKEND.official,))
    assert prepare(BACKEND) == (BACKEND.official, f"pulled {BACKEND.official}")
    assert built == []


def test_a_stand_in_is_built_where_no_hub_answers(world: World) -> None:
    built = world()
    name, text = prepare(BACKEND)
    assert name == BACKEND.stand_in
    assert built == [BACKEND.stand_in]
    assert BACKEND.official in text
    assert BACKEND.stand_in in text


def test_an_image_that_is_there_is_neither_pulled_nor_built(world: World) -> None:
    built = world(present=(BACKEND.stand_in,), hub=(BACKEND.official,))
    assert prepare(BACKEND, BACKEND.stand_in) == (BACKEND.stand_in, f"found, {BACKEND.stand_in}")
    assert built == []


def test_a_stand_in_that_was_removed_is_built_again(world: World) -> None:
    built = world()
    assert prepare(BACKEND, BACKEND.stand_in)[0] == BACKEND.stand_in
    assert built == [BACKEND.stand_in]


def test_the_users_own_image_is_used(world: World) -> None:
    world(present=("company/python:3.12",))
    assert prepare(BACKEND, "company/python:3.12")[0] == "company/python:3.12"


def test_the_users_own_image_is_never_replaced_by_a_stand_in(world: World) -> None:
    built = world()
    with pytest.raises(PreflightError, match="company/python"):
        prepare(BACKEND, "company/python:3.12")
    assert built == []


@pytest.mark.parametrize(
    ("printed", "attempts"), [("Error: no such host", 1), ("3.12: Pulling from library/python", 2)]
)
def test_only_a_hub_that_has_answered_gets_more_time(
    monkeypatch: pytest.MonkeyPatch, printed: str, attempts: int
) -> None:
    limits: list[float] = []

    def slow(_argv: tuple[str, ...], *, timeout: float, on_line: Callable[[str], None]) -> int:
        limits.append(timeout)
        on_line(printed)
        raise ToolError("took too long")

    monkeypatch.setattr(base_image, "run", slow)
    assert not base_image.pull("python:3.12-slim")
    assert limits == [base_image.PROBE_SECONDS, base_image.PULL_SECONDS][:attempts]


def test_a_stand_in_is_made_of_the_suite_that_its_name_says() -> None:
    argv = bootstrap(BACKEND, Path("root.tar"))
    assert argv[0] == "mmdebstrap"
    assert argv[-2:] == ("bookworm", "root.tar")
    assert BACKEND.stand_in.endswith("bookworm")


def test_postgres_is_chosen_by_a_variable_of_its_own(world: World) -> None:
    world()
    with pytest.raises(PreflightError, match="POSTGRES_IMAGE names company/postgres"):
        prepare(POSTGRES, "company/postgres:17")


def test_the_stand_in_of_postgres_is_of_the_version_that_its_name_says() -> None:
    assert f"postgresql-{MAJOR}" in POSTGRES.packages
    assert f"ENV PG_MAJOR={MAJOR}" in POSTGRES.changes
    assert POSTGRES.official.partition(":")[2].startswith(f"{MAJOR}-")
    assert POSTGRES.stand_in.partition(":")[2].startswith(f"{MAJOR}-")
    assert any(str(ENTRY_POINT) in word for word in bootstrap(POSTGRES, Path("root.tar")))


def test_the_stand_in_s_entry_point_can_be_run() -> None:
    assert ENTRY_POINT.stat().st_mode & 0o111
