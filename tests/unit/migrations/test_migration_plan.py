"""Whether a deploy migrates: what is known of the database, and when that is nothing."""

import json

import pytest

from deploy.migrations.plan import plan_migration
from deploy.migrations.record import MigrationRecord, parse, serialize
from deploy.migrations.revisions import History, Revision, history

HISTORY = history(
    [
        Revision("0001", (), "drivers"),
        Revision("0002", ("0001",), "trips"),
        Revision("0003", ("0002",), "prices"),
    ]
)


def known(*applied: str, database: str = "d1") -> MigrationRecord:
    return MigrationRecord(applied[-1], applied, database, "r1", 100.0)


def line(record: MigrationRecord | None, found: History = HISTORY) -> str:
    plan = plan_migration("backend", found, record, "d1")
    (change,) = plan.changes
    assert change.subject == "migrate backend"
    assert (change.sign == "~") is plan.run
    return f"{change.sign} {change.reason}"


def test_what_is_pending_is_named() -> None:
    assert line(known("0001")) == "~ 2 revisions: 0002 trips, 0003 prices"
    plan = plan_migration("backend", HISTORY, known("0001"), "d1")
    assert (plan.head, plan.applied) == ("0003", ("0001", "0002", "0003"))
    assert plan.notes == ()


def test_nothing_pending_is_nothing_to_run() -> None:
    assert line(known("0001", "0002", "0003")) == "= nothing pending (at 0003)"


def test_an_older_source_leaves_a_newer_database_as_it_is() -> None:
    older = history([Revision("0001"), Revision("0002", ("0001",))])
    assert line(known("0001", "0002", "0003"), older) == "= nothing pending (at 0003)"


def test_a_revision_that_was_merged_in_below_the_head_is_pending() -> None:
    assert line(known("0001", "0003")) == "~ 1 revision: 0002 trips"


def test_without_a_record_it_is_run() -> None:
    told = "~ 3 revisions: 0001 drivers, 0002 trips, 0003 prices, as far as is known: "
    assert line(None) == f"{told}no migration is recorded"


def test_another_database_is_run_though_all_is_applied_to_the_one_before() -> None:
    told = line(known("0001", "0002", "0003", database="d0"))
    assert told.startswith("~ 3 revisions: ")
    assert told.endswith("the database or its secret is another one")


def test_what_nobody_knows_is_run() -> None:
    record = MigrationRecord("", None, "d1", "r1", 100.0)
    assert line(record).endswith("0003 prices, as far as is known")


def test_a_database_that_went_another_way_is_warned_about() -> None:
    plan = plan_migration("backend", HISTORY, known("0001", "0002", "0003b"), "d1")
    assert plan.run
    assert "is at revision 0003b, which this source does not have" in plan.notes[0]


def test_a_source_without_revisions_runs_nothing() -> None:
    assert line(None, history([])) == "= there are no revisions"


def test_of_many_the_newest_are_named() -> None:
    many = history(Revision(f"{n}", (f"{n - 1}",) if n else ()) for n in range(9))
    assert line(None, many).startswith("~ 9 revisions: 4 more, 4, 5, 6, 7, 8,")


@pytest.mark.parametrize("record", [known("0001", "0002"), MigrationRecord("", None, "", "", 0.0)])
def test_a_record_is_read_back(record: MigrationRecord) -> None:
    assert parse(serialize(record)) == record


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "{}", '{"format": 1}', '{"format": 2}', "\xff", '{"format": 1, "x": 1}'],
)
def test_a_damaged_record_is_as_good_as_none(text: str) -> None:
    assert parse(text.encode("latin-1")) is None


def test_a_record_says_nothing_of_a_secret() -> None:
    assert set(json.loads(serialize(known("0001")))) == {
        *("format", "revision", "applied", "database", "release", "at")
    }
