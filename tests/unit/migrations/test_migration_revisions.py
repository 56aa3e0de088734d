"""Alembic's files: read without being run, and refused where Alembic would stumble later."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.errors import ConfigError
from deploy.migrations.read import read
from deploy.migrations.revisions import History, Revision, history, is_revision, parse

GENERATED = '''"""trips of a driver.

Revision ID: 0002
Revises: 0001
"""
from typing import Sequence, Union

from alembic import op
import not_installed_here

revision: str = "0002"
down_revision: Union[str, Sequence[str], None] = "0001"
branch_labels = None
depends_on = None

raise SystemExit("nobody runs this")
'''
FIRST, SECOND, THIRD = (
    Revision("0001", (), "drivers", "0001_drivers.py"),
    Revision("0002", ("0001",), "trips", "0002_trips.py"),
    Revision("0003", ("0002",), "prices", "0003_prices.py"),
)


def test_a_file_of_alembics_is_read_and_never_run() -> None:
    found = parse("0002_trips.py", GENERATED)
    assert found == Revision("0002", ("0001",), "trips of a driver", "0002_trips.py")
    assert found.title == "0002 trips of a driver"


def test_without_a_docstring_the_files_name_tells_what_it_is() -> None:
    text = 'revision = "ab12"\ndown_revision = None'
    assert parse("ab12_add_the_drivers.py", text).message == "add the drivers"


def test_a_merge_has_two_parents() -> None:
    assert parse("m.py", 'revision = "m"\ndown_revision = ("a", "b")').parents == ("a", "b")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("down_revision = None", "has no `revision`"),
        ('revision = "1"', "has no `down_revision`"),
        ("revision = 1\ndown_revision = None", "`revision` is no text"),
        ('revision = ""\ndown_revision = None', "`revision` is no text"),
        ('revision = "1"\ndown_revision = 2', "`down_revision` is neither"),
        ('revision = "1"\ndown_revision = (1, 2)', "`down_revision` is neither"),
        ("revision = name()\ndown_revision = None", "can't be read"),
        ("def (", "can't be read"),
    ],
)
def test_a_file_that_says_no_revision_is_named(text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=r"the revision odd\.py") as caught:
        parse("odd.py", text)
    assert told in caught.value.message


def test_revisions_are_in_order_whatever_their_files_are_called() -> None:
    found = history([THIRD, FIRST, SECOND])
    assert list(found.revisions) == ["0001", "0002", "0003"]
    assert found.head == "0003"
    assert found.upto("0002") == ("0001", "0002")
    assert found.upto("base") == ()


def test_no_revisions_have_no_head() -> None:
    assert history([]) == History({}, "")


def test_two_heads_are_refused_with_the_command_that_joins_them() -> None:
    other = Revision("0003b", ("0002",), "other prices", "0003b_prices.py")
    with pytest.raises(ConfigError, match="2 heads: 0003 prices, 0003b other prices") as caught:
        history([FIRST, SECOND, THIRD, other])
    assert "alembic merge heads" in caught.value.remedy


def test_merged_heads_are_one() -> None:
    other = Revision("0003b", ("0002",))
    found = history([FIRST, SECOND, THIRD, other, Revision("m", ("0003", "0003b"))])
    assert found.head == "m"
    assert set(found.upto("m")) == {"0001", "0002", "0003", "0003b", "m"}
    assert found.upto("0003b") == ("0001", "0002", "0003b")


def test_a_missing_parent_is_named() -> None:
    with pytest.raises(ConfigError, match=r"0003_prices\.py comes after revision 0002"):
        history([FIRST, THIRD])


def test_an_id_in_two_files_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"0001_drivers\.py and b\.py are both revision 0001"):
        history([FIRST, Revision("0001", (), "again", "b.py")])


def test_a_circle_is_shown() -> None:
    with pytest.raises(ConfigError, match=r"go in a circle: .* after .* after"):
        history([Revision("a", ("b",)), Revision("b", ("a",))])


@given(st.permutations(range(6)))
def test_the_order_never_depends_on_that_of_the_files(order: list[int]) -> None:
    chain = [Revision(str(n), (str(n - 1),) if n else ()) for n in range(6)]
    assert list(history(chain[n] for n in order).revisions) == list("012345")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("0001_a.py", True), ("__init__.py", False), (".#0001_a.py", False), ("README", False)],
)
def test_what_alembic_takes_for_a_revision(name: str, expected: bool) -> None:
    assert is_revision(name) is expected


def test_a_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "0002_trips.py").write_text(GENERATED)
    (tmp_path / "0001_drivers.py").write_text('revision = "0001"\ndown_revision = None\n')
    (tmp_path / "__init__.py").write_text("")
    (tmp_path / "__pycache__").mkdir()
    assert read(tmp_path, "services.backend.migrations").head == "0002"


def test_a_missing_folder_names_the_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"services\.backend\.migrations: there is no folder"):
        read(tmp_path / "gone", "services.backend.migrations")
