"""`invoke migrate`: which command is run, and what is known of the database afterwards."""

import pytest

from deploy.errors import ConfigError
from deploy.migrations.command import after, before, newest, step
from deploy.migrations.record import MigrationRecord
from deploy.migrations.revisions import Revision, history

UPGRADE = ("alembic", "upgrade", "head")
HISTORY = history(
    [Revision("0001"), Revision("0002", ("0001",)), Revision("0003ab", ("0002",), "prices")]
)
ALL = ("0001", "0002", "0003ab")


def known(*applied: str) -> MigrationRecord:
    return MigrationRecord(applied[-1] if applied else "", applied, "d1", "r1", 100.0)


@pytest.mark.parametrize(
    ("to", "down", "words"),
    [
        ("", False, "alembic upgrade head"),
        ("0002", False, "alembic upgrade 0002"),
        ("0003", False, "alembic upgrade 0003ab"),
        ("+1", False, "alembic upgrade +1"),
        ("", True, "alembic downgrade -1"),
        ("-2", True, "alembic downgrade -2"),
        ("0001", True, "alembic downgrade 0001"),
        ("base", True, "alembic downgrade base"),
    ],
)
def test_the_last_word_says_where_to(to: str, down: bool, words: str) -> None:
    assert " ".join(step(UPGRADE, HISTORY, to, down=down).words) == words


@pytest.mark.parametrize("to", ["0009", "000", "--sql", "head;"])
def test_a_revision_that_is_not_there_is_refused_with_those_that_are(to: str) -> None:
    with pytest.raises(ConfigError) as caught:
        step(UPGRADE, HISTORY, to, down=False)
    assert caught.value.details == ("0001", "0002", "0003ab prices")


@pytest.mark.parametrize(("to", "down"), [("head", True), ("base", False)])
def test_a_way_that_leads_elsewhere_is_refused(to: str, down: bool) -> None:
    with pytest.raises(ConfigError, match="is not where that leads"):
        step(UPGRADE, HISTORY, to, down=down)


def test_a_command_without_a_way_down_says_so() -> None:
    with pytest.raises(ConfigError, match="no `upgrade` in `migrate`"):
        step(("./manage.py", "migrate"), HISTORY, "0001", down=True)


@pytest.mark.parametrize(
    ("to", "down", "had", "expected"),
    [
        ("", False, ("0001",), ALL),
        ("0002", False, ("0001",), ("0001", "0002")),
        ("0001", False, ALL, ALL),  # an upgrade to what is there takes nothing away
        ("0001", True, ALL, ("0001",)),
        ("base", True, ALL, ()),
        ("", True, ALL, ("0001", "0002")),
        ("-2", True, ALL, ("0001",)),
        ("-3", True, ALL, ()),
        ("+1", False, ("0001",), None),
    ],
)
def test_what_is_applied_afterwards(
    to: str,
    down: bool,
    had: tuple[str, ...],
    expected: tuple[str, ...] | None,
) -> None:
    asked = step(UPGRADE, HISTORY, to, down=down)
    assert after(HISTORY, known(*had), asked, same_source=True) == expected


def test_what_an_image_of_another_source_applies_is_not_known() -> None:
    """Else the next deploy would leave out what its image has never had."""
    asked = step(UPGRADE, HISTORY, "", down=False)
    assert after(HISTORY, known("0001"), asked, same_source=False) is None
    named = step(UPGRADE, HISTORY, "0002", down=False)
    assert after(HISTORY, None, named, same_source=False) == ("0001", "0002")


def test_steps_from_nowhere_lead_nowhere() -> None:
    asked = step(UPGRADE, HISTORY, "-1", down=True)
    assert after(HISTORY, None, asked, same_source=True) is None
    elsewhere = known("0001", "0003b")
    assert after(HISTORY, elsewhere, asked, same_source=True) is None


def test_steps_back_over_a_merge_lead_nobody_knows_where() -> None:
    merged = history(
        [Revision("a"), Revision("b", ("a",)), Revision("c", ("a",)), Revision("m", ("b", "c"))]
    )
    asked = step(UPGRADE, merged, "-1", down=True)
    assert after(merged, known("a", "b", "c", "m"), asked, same_source=True) is None


def test_amid_a_way_down_nobody_knows_what_is_left() -> None:
    up, down = (step(UPGRADE, HISTORY, "0001", down=each) for each in (False, True))
    assert before(known(*ALL), down) is None
    assert before(known(*ALL), up) == ALL


def test_the_newest_revision_is_the_last_of_the_history() -> None:
    assert newest(HISTORY, ("0002", "0001")) == "0002"
    assert newest(HISTORY, ("0001", "0003b")) == "0003b"
    assert newest(HISTORY, ()) == newest(HISTORY, None) == ""
