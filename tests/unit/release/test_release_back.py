"""Which release a rollback returns to, and what is told when there is none."""

from typing import Any

import pytest

from deploy.errors import PreflightError
from deploy.release.back import (
    DEPLOY_INSTEAD,
    choose,
    differing,
    left,
    lost,
    returnable,
    under,
)
from deploy.release.history import Part
from deploy.release.record import Record, ServiceRecord, SiteRecord

API: Part = ("service", "api")
WORKER: Part = ("service", "worker")
WEB: Part = ("site", "web")


def release_id(number: int) -> str:
    return f"20261122T0815{number:02}Z-{number:07x}"


def record(
    number: int,
    outcome: str = "succeeded",
    *,
    api: tuple[str, str] | None = None,
    worker: tuple[str, str] | None = None,
    web: tuple[str, str] | None = None,
    **more: Any,
) -> Record:
    """A release; each part is given as what it has now, and how it ended."""
    services = {
        name: ServiceRecord(given[0], before="", outcome=given[1])
        for name, given in (("api", api), ("worker", worker))
        if given
    }
    sites = {"web": SiteRecord(web[0], "", web[1])} if web else {}
    values = {"kind": "deploy", **more}
    return Record(
        release_id(number),
        environment="local",
        by="ada",
        host="laptop",
        started=float(number),
        services=services,
        sites=sites,
        outcome=outcome,
        **values,
    )


OK = "succeeded"
BOTH = (  # newest first, as everywhere
    record(3, api=("a3", OK), web=("t3-c3", OK), commit="33333333"),
    record(2, api=("a2", OK), web=("t2-c2", OK), commit="22222222"),
    record(1, api=("a1", OK), web=("t1-c1", OK), commit="11111111"),
)
NOW: dict[Part, str] = {API: "a3", WEB: "t3-c3"}


def test_it_returns_to_the_release_before_the_live_one() -> None:
    assert choose(BOTH, NOW).id == release_id(2)
    assert differing(NOW, under(BOTH, release_id(2))) == {API: "a2", WEB: "t2-c2"}


def test_a_release_that_ecs_rolled_back_was_never_live() -> None:
    records = (record(4, "rolled back", api=("a4", "rolled back")), *BOTH)
    assert choose(records, NOW).id == release_id(2)
    failed = (record(3, "rolled back", api=("a9", "rolled back")), *BOTH[1:])
    now: dict[Part, str] = {API: "a2", WEB: "t2-c2"}
    assert choose(failed, now).id == release_id(1)


def test_what_a_release_left_alone_is_told_by_older_ones() -> None:
    records = (
        record(3, web=("t3-c3", OK)),
        record(2, api=("a2", OK)),
        record(1, api=("a1", OK), web=("t1-c1", OK)),
    )
    now: dict[Part, str] = {API: "a2", WEB: "t3-c3"}
    assert choose(records, now).id == release_id(2)
    assert differing(now, under(records, release_id(2))) == {WEB: "t1-c1"}
    assert choose(records, {API: "a2"}).id == release_id(1)


def test_rollbacks_in_a_row_go_back_further() -> None:
    back = record(4, kind="rollback", api=("a2", OK), web=("t4-c2", OK), origin=release_id(2))
    records = (back, *BOTH)
    now: dict[Part, str] = {API: "a2", WEB: "t4-c2"}
    assert choose(records, now).id == release_id(1)
    further = record(5, kind="rollback", api=("a1", OK), web=("t5-c1", OK), origin=release_id(1))
    with pytest.raises(PreflightError, match="nothing else ran before"):
        choose((further, *records), {API: "a1", WEB: "t5-c1"})


def test_a_deploy_of_old_content_is_a_release_of_its_own() -> None:
    records = (record(4, api=("a2", OK), web=("t4-c2", OK)), *BOTH)
    assert choose(records, {API: "a2", WEB: "t4-c2"}).id == release_id(3)


def test_a_rollback_that_ended_halfway_is_completed_by_the_next() -> None:
    """The services went back, the site did not."""
    half = record(
        4,
        "failed",
        kind="rollback",
        api=("a2", OK),
        web=("t3-c3", "unchanged"),
        origin=release_id(2),
    )
    now: dict[Part, str] = {API: "a2", WEB: "t3-c3"}
    assert choose((half, *BOTH), now).id == release_id(2)


def test_after_the_record_of_its_deploy_is_gone_a_rollback_tells_by_its_origin() -> None:
    back = record(4, kind="rollback", api=("a2", OK), origin=release_id(2))
    assert choose((back, BOTH[0], BOTH[2]), {API: "a2"}).id == release_id(1)


def test_one_of_several_services_that_failed_takes_all_back_to_what_was_whole() -> None:
    records = (
        record(3, "rolled back", api=("a3", OK), worker=("w3", "rolled back")),
        record(2, api=("a2", OK), worker=("w2", OK)),
        record(1, api=("a1", OK), worker=("w1", OK)),
    )
    now: dict[Part, str] = {API: "a3", WORKER: "w2"}
    assert choose(records, now).id == release_id(2)
    assert differing(now, under(records, release_id(2))) == {API: "a2"}


def test_what_no_record_tells_of_goes_back_to_the_newest_that_succeeded() -> None:
    """Somebody changed it by hand, or the run that did was killed."""
    assert choose(BOTH, {API: "a9", WEB: "t3-c3"}).id == release_id(3)
    assert choose(BOTH, {API: "", WEB: ""}).id == release_id(3)


def test_without_another_release_it_is_refused() -> None:
    with pytest.raises(PreflightError, match="no release to return to") as refused:
        choose(BOTH[2:], {API: "a1", WEB: "t1-c1"})
    assert refused.value.remedy == DEPLOY_INSTEAD
    with pytest.raises(PreflightError, match="no release to return to"):
        choose((), NOW)


def test_a_named_release_may_be_newer_than_the_live_one() -> None:
    now: dict[Part, str] = {API: "a1", WEB: "t1-c1"}
    assert choose(BOTH, now, named=release_id(3)).id == release_id(3)
    assert choose(BOTH, now, commit="2222").id == release_id(2)


def test_of_a_commit_the_newest_release_that_succeeded_counts() -> None:
    records = (
        record(5, "failed", api=("a5", "failed"), commit="22222222"),
        record(4, api=("a4", OK), commit="22222222"),
        *BOTH,
    )
    assert choose(records, NOW, commit="22222222").id == release_id(4)


@pytest.mark.parametrize(
    ("outcome", "told"),
    [("rolled back", "was rolled back"), ("failed", "failed"), ("", "never ended")],
)
def test_a_release_that_did_not_succeed_is_none_to_return_to(outcome: str, told: str) -> None:
    records = (record(4, outcome, api=("a4", outcome), commit="44444444"), *BOTH)
    with pytest.raises(PreflightError, match=told) as refused:
        choose(records, NOW, named=release_id(4))
    assert release_id(2) in refused.value.remedy
    with pytest.raises(PreflightError, match="no release of commit 4444"):
        choose(records, NOW, commit="44444444")
    with pytest.raises(PreflightError, match="there is no release of commit 9999"):
        choose(records, NOW, commit="99999999")


def test_the_remedy_names_those_of_which_nothing_is_gone() -> None:
    assert left(BOTH, NOW) == f"give one that is left to --to: {release_id(2)}, {release_id(1)}"
    assert left(BOTH, NOW, gone=[(API, "a2")]) == f"give one that is left to --to: {release_id(1)}"
    assert left(BOTH, NOW, gone=[(API, "a2"), (WEB, "t1-c1")]) == DEPLOY_INSTEAD
    again = record(4, kind="rollback", api=("a2", OK), web=("t4-c2", OK), origin=release_id(2))
    told = left((again, *BOTH), NOW)
    assert told == f"give one that is left to --to: {release_id(4)}, {release_id(1)}"
    assert [each.id for each in returnable(BOTH, NOW)] == [release_id(2), release_id(1)]


def test_a_site_is_the_same_by_its_content() -> None:
    assert differing({WEB: "t9-c2"}, under(BOTH, release_id(2))) == {}
    assert differing({WEB: ""}, under(BOTH, release_id(2))) == {WEB: "t2-c2"}


def test_what_is_no_more_is_named() -> None:
    old = record(1, api=("a1", OK), worker=("w1", OK), web=("t1-c1", OK))
    assert lost(old, {API}) == ("worker", "site web")
    assert lost(old, {API, WORKER, WEB}) == ()
