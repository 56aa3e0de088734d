"""What the records tell: what runs, what was cut off, and which release a text names."""

from dataclasses import replace

import pytest

from deploy.release.history import (
    Live,
    is_cut_off,
    live,
    marks,
    named,
    of_commit,
    state,
    unfinished,
)
from deploy.release.record import PhaseRecord, Record, ServiceRecord, SiteRecord, cut_off
from tests.unit.release.journaled import ID, RECORD

IDS = ("20261123T101010Z-bbbbbbb", "20261122T091512Z-aaaaaaa", ID)


def release(number: int, outcome: str = "succeeded", site: str = "") -> Record:
    service = ServiceRecord(f"arn:{number}", before=f"arn:{number - 1}", outcome=outcome)
    sites = {"web": SiteRecord(f"web-{number}", f"web-{number - 1}", site)} if site else {}
    return replace(RECORD, services={"api": service}, sites=sites, outcome=outcome, token=number)


def test_the_newest_release_says_what_runs() -> None:
    records = [release(3, site="succeeded"), release(2, site="succeeded")]
    assert live(records) == Live({"api": "arn:3"}, {"web": "web-3"})


def test_after_a_rollback_by_ecs_the_one_before_runs() -> None:
    assert live([release(3, "rolled back"), release(2)]).services == {"api": "arn:2"}


@pytest.mark.parametrize("outcome", ["", "failed", "cut off", "interrupted", "timed out"])
def test_what_a_record_cannot_tell_is_left_to_the_one_before(outcome: str) -> None:
    assert live([release(3, outcome), release(2)]).services == {"api": "arn:2"}


def test_each_part_has_its_own_newest_release() -> None:
    records = [release(3), release(2, "failed", site="succeeded"), release(1, site="succeeded")]
    assert live(records) == Live({"api": "arn:3"}, {"web": "web-2"})


def test_nothing_recorded_is_nothing_known() -> None:
    assert live([]) == Live()


API, WEB = ("service", "api"), ("site", "web")


def test_what_is_live_is_of_the_newest_release_that_gave_it() -> None:
    newest, older = replace(release(3, site="succeeded"), id="3"), replace(release(2), id="2")
    real = Live({"api": "arn:2"}, {"web": "web-3"})
    assert marks([newest, older], real) == {API: "2", WEB: "3"}
    assert marks([older], real) == {API: "2", WEB: ""}


@pytest.mark.parametrize("outcome", ["", "not started", "failed"])
def test_a_release_that_did_not_get_to_a_part_did_not_give_it(outcome: str) -> None:
    services = {"api": ServiceRecord("arn:2", before="arn:2", outcome=outcome)}
    sites = {"web": SiteRecord("web-2", "web-2", "")}
    cut = replace(RECORD, id="3", services=services, sites=sites)
    older = replace(release(2, site="succeeded"), id="2")
    assert marks([cut, older], Live({"api": "arn:2"}, {"web": "web-2"})) == {API: "2", WEB: "2"}


def test_what_a_release_left_as_it_was_is_live_in_it_too() -> None:
    same = replace(release(2), id="3", services={"api": ServiceRecord("arn:2", "", "", "arn:2")})
    same = replace(same, services={"api": replace(same.services["api"], outcome="unchanged")})
    assert marks([same, release(2)], Live({"api": "arn:2"})) == {API: "3"}


def test_a_site_without_a_release_is_nobodys() -> None:
    none = replace(RECORD, sites={"web": SiteRecord("", "", "unchanged")})
    assert marks([none], Live(sites={"web": "x"})) == {WEB: ""}


def test_a_run_without_an_end_was_cut_off_unless_it_holds_the_lock() -> None:
    ended, open_one = release(1), replace(release(2), outcome="")
    assert unfinished([open_one, ended], None) == (open_one,)
    assert unfinished([open_one, ended], 3) == (open_one,)
    assert unfinished([open_one, ended], 2) == ()


def test_a_state_names_the_phase() -> None:
    push = replace(RECORD, token=4, running=("push", "upload web"))
    assert state(push, 4) == "running push, upload web"
    assert state(push, 5) == "cut off in push, upload web"
    assert state(cut_off(push, 9.0), 4) == "cut off in push, upload web"
    between = replace(push, running=(), phases=(PhaseRecord("push", 1.0, ok=True),))
    assert state(between, None) == "cut off after push"
    assert state(RECORD, None) == "cut off"
    assert state(replace(RECORD, token=1), 1) == "running"
    assert state(replace(RECORD, outcome="rolled back"), None) == "rolled back"
    assert is_cut_off(cut_off(push, 9.0), 4)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (ID, (ID,)),
        ("20261122", IDS[1:]),
        ("3f9a1c2", (ID,)),
        ("last", IDS[:1]),
        ("f9a1c2", ()),
        ("", ()),
        ("2025", ()),
    ],
)
def test_an_id_may_be_given_in_part(text: str, found: tuple[str, ...]) -> None:
    assert named(IDS, text) == found


def test_last_of_nothing_is_nothing() -> None:
    assert named([], "last") == ()


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("0123", True),
        ("0123ABCD", True),
        ("0123abcd0123", True),
        ("0123abcd0123456789", True),
        ("012", False),
        ("0123abcd9", False),
        ("", False),
    ],
)
def test_a_commit_may_be_given_in_part_or_in_full(text: str, is_found: bool) -> None:
    assert bool(of_commit([RECORD, replace(RECORD, commit="")], text)) is is_found
