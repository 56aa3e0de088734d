"""A record comes back as it was written, tells no values, and damage is named."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.errors import PreflightError
from deploy.events import Change, PhaseEnded
from deploy.release.record import (
    CUT_OFF,
    PLAN_LINES,
    PhaseRecord,
    Record,
    ServiceRecord,
    SiteRecord,
    cut_off,
    finished,
    id_of,
    key_of,
    new_id,
    parse,
    phase_ended,
    phase_started,
    planned,
    serialize,
)
from tests.unit.release.journaled import ID, RECORD, STARTED

TIMES = st.floats(0, 1e10)
TEXTS = st.text(max_size=20)


def records() -> st.SearchStrategy[Record]:
    return st.builds(
        Record,
        id=st.just(ID),
        kind=st.sampled_from(["deploy", "rollback", "scale", "restart"]),
        environment=TEXTS,
        by=TEXTS,
        host=TEXTS,
        started=TIMES,
        commit=TEXTS,
        dirty=st.booleans(),
        token=st.integers(0, 2**40),
        origin=TEXTS,
        plan=st.lists(TEXTS, max_size=3).map(tuple),
        services=st.dictionaries(
            TEXTS, st.builds(ServiceRecord, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS), max_size=3
        ),
        sites=st.dictionaries(TEXTS, st.builds(SiteRecord, TEXTS, TEXTS, TEXTS), max_size=3),
        phases=st.lists(st.builds(PhaseRecord, TEXTS, TIMES, st.booleans(), TEXTS), max_size=3).map(
            tuple
        ),
        running=st.lists(TEXTS, max_size=3).map(tuple),
        outcome=TEXTS,
        exit_code=st.none() | st.integers(0, 255),
        finished=TIMES,
        summary=TEXTS,
    )


@given(records())
def test_a_record_comes_back_as_it_was_written(record: Record) -> None:
    assert parse(serialize(record)) == record


def test_an_id_tells_the_time_and_has_a_key() -> None:
    assert new_id(STARTED, "3f9a1c2ffff") == ID
    assert key_of(ID) == f"releases/{ID}.json"
    assert id_of(key_of(ID)) == ID


@pytest.mark.parametrize("key", ["lock.json", "releases/", "releases/notes.json", f"x/{ID}.json"])
def test_other_objects_are_no_records(key: str) -> None:
    assert id_of(key) is None


def changed(**fields: Any) -> bytes:
    return json.dumps({**json.loads(serialize(RECORD)), **fields}).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        serialize(RECORD)[:100],
        changed(format="one"),
        changed(started="soon"),
        changed(started=1e300),
        changed(finished=-1),
        changed(services=[]),
        changed(services={"api": {"outcome": 7}}),
        changed(phases=[{"name": "push"}]),
        changed(running="push"),
        changed(kind="conquest"),
        b'{"format": 1}',
    ],
)
def test_damage_is_named(data: bytes) -> None:
    with pytest.raises(PreflightError, match="it is damaged"):
        parse(data)


def test_a_newer_format_is_named_even_if_nothing_else_is_known() -> None:
    with pytest.raises(PreflightError, match="a newer Shipway wrote it"):
        parse(b'{"format": 2, "everything": "else"}')


def test_a_field_that_is_not_known_yet_is_left_out() -> None:
    assert parse(changed(weather="fine")) == RECORD


def test_a_plan_is_recorded_without_its_values() -> None:
    secret = "postgres://admin:hunter2@db/prod"
    change = Change("~", "$.environment[DATABASE_URL]", "differs from what runs", secret, secret)
    record = planned(RECORD, [change])
    assert record.plan == ("~ $.environment[DATABASE_URL]  differs from what runs",)
    assert b"hunter2" not in serialize(record)


def test_a_long_plan_is_cut_and_says_so() -> None:
    plan = planned(RECORD, [Change("+", f"file{n}", "new") for n in range(PLAN_LINES + 50)]).plan
    assert len(plan) == PLAN_LINES
    assert plan[-1] == "~ and 51 more"


def test_a_line_stays_a_line() -> None:
    record = planned(RECORD, [Change("+", "a\nb\x1b[31m", "x" * 1000)])
    assert record.plan[0].startswith("+ a b [31m  xxx")
    assert len(record.plan[0]) == 300


def test_phases_run_side_by_side_and_end_in_any_order() -> None:
    record = phase_started(phase_started(RECORD, "rollout api"), "upload web")
    assert record.running == ("rollout api", "upload web")
    record = phase_ended(record, PhaseEnded("rollout api", ok=False, seconds=1.23456, detail="d"))
    assert record.running == ("upload web",)
    assert record.phases == (PhaseRecord("rollout api", 1.235, ok=False, detail="d"),)


def test_an_end_without_a_start_is_kept() -> None:
    assert phase_ended(RECORD, PhaseEnded("build", ok=True, seconds=1)).phases[0].name == "build"


def test_what_has_ended_runs_no_phase() -> None:
    record = finished(phase_started(RECORD, "push"), "failed", 1, "no network\n", STARTED + 9)
    assert (record.outcome, record.exit_code, record.running) == ("failed", 1, ())
    assert (record.finished, record.summary) == (STARTED + 9, "no network")


def test_what_was_cut_off_keeps_its_phases() -> None:
    record = cut_off(phase_started(RECORD, "push"), STARTED + 60)
    assert (record.outcome, record.running) == (CUT_OFF, ("push",))
    assert record == replace(RECORD, outcome=CUT_OFF, finished=STARTED + 60, running=("push",))
