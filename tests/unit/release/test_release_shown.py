"""A release as a row, as lines and as Markdown."""

from dataclasses import replace

import pytest

from deploy.events import PhaseEnded
from deploy.release.markdown import cell, markdown
from deploy.release.record import (
    Record,
    ServiceRecord,
    SiteRecord,
    cut_off,
    phase_ended,
    phase_started,
)
from deploy.release.shown import Seen, lines, row
from tests.unit.release.journaled import ID, RECORD, STARTED

ARN = "arn:aws:ecs:us-east-1:123456789012:task-definition/demo-local-api:{}"
NOW = STARTED + 3 * 3600
ENDED = replace(
    RECORD,
    services={
        "api": ServiceRecord(ARN.format(12), before=ARN.format(11), outcome="succeeded"),
        "worker": ServiceRecord(ARN.format(7), before=ARN.format(7), outcome="unchanged"),
        "cron": ServiceRecord(ARN.format(7), before=ARN.format(6), outcome="succeeded"),
    },
    sites={"web": SiteRecord("r2", "r1", "succeeded")},
    outcome="succeeded",
    exit_code=0,
    finished=STARTED + 65,
)


def seen(token: int | None = None, *live: str) -> Seen:
    return Seen(NOW, token, {("service", name): ID for name in live})


def what(record: Record, token: int | None = None, *live: str) -> list[str]:
    return [text for text, _ in row(record, seen(token, *live)).what]


def text(record: Record, token: int | None = None, *live: str) -> str:
    return "\n".join(line for line, _ in lines(record, seen(token, *live)))


def test_parts_that_ended_alike_stand_together_and_live_ones_apart() -> None:
    assert what(ENDED, None, "api", "worker") == [
        "● api succeeded",
        "● worker unchanged",
        "  cron, site web succeeded",
    ]


def test_a_row_has_all_that_a_list_needs() -> None:
    found = row(replace(ENDED, dirty=True), seen())
    assert (found.id, found.at, found.ago) == ("3f9a1c2", "2026-11-22 08:15", "3 h ago")
    assert (found.by, found.commit, found.took) == ("ada", "0123abcd+", "1 min 5 s")


def test_a_commit_that_is_dirty_by_its_name_is_shown_once() -> None:
    record = replace(ENDED, commit="0123abcd0123-dirty", dirty=True)
    assert row(record, seen()).commit == "0123abcd+"
    assert row(replace(record, commit="", dirty=True), seen()).commit == ""


def test_an_outcome_that_no_part_has_is_told() -> None:
    assert what(replace(ENDED, outcome="failed"))[0] == "failed"
    assert what(replace(RECORD, outcome="failed")) == ["failed"]


def test_a_rollback_says_where_to() -> None:
    record = replace(ENDED, kind="rollback", origin="20261121T081512Z-bbbbbbb")
    assert what(record)[0] == "rollback to bbbbbbb"
    assert "rollback to bbbbbbb, environment local" in text(record)


def test_a_run_that_goes_on_says_for_how_long() -> None:
    record = phase_started(replace(RECORD, token=3), "push")
    assert what(record, 3) == ["running push"]
    assert row(record, seen(3)).took == "180 min 0 s"
    assert text(record, 3).endswith("\n▸ push          runs")


def test_what_was_cut_off_says_where() -> None:
    record = phase_started(RECORD, "rollout api")
    for each in (record, cut_off(record, NOW)):
        assert what(each) == ["cut off in rollout api"]
        assert row(each, seen()).took == ""
        assert "▸ rollout api  cut off here" in text(each)


def test_all_of_a_release() -> None:
    record = phase_ended(ENDED, PhaseEnded("push", ok=True, seconds=2, detail="2 layers"))
    record = phase_ended(record, PhaseEnded("rollout api", ok=False, seconds=61))
    record = replace(record, plan=("~ service api  another image",), summary="1 task", dirty=True)
    assert text(record, None, "api").splitlines() == [
        "release 20261122T081512Z-3f9a1c2",
        "  outcome  succeeded, exit code 0",
        "  what     deploy, environment local",
        "  started  2026-11-22 08:15 UTC, 3 h ago",
        "  took     1 min 5 s",
        "  by       ada on laptop",
        "  commit   0123abcd0123, with changes that it does not hold",
        "  summary  1 task",
        "",
        "parts",
        "● api       succeeded    demo-local-api:12  before demo-local-api:11",
        "  worker    unchanged    demo-local-api:7",
        "  cron      succeeded    demo-local-api:7  before demo-local-api:6",
        "  site web  succeeded    r2  before r1",
        "",
        "phases",
        "✓ push                2.0 s  2 layers",
        "✗ rollout api     1 min 1 s",
        "",
        "plan",
        "  ~ service api  another image",
    ]


def test_a_record_with_nothing_in_it_can_be_shown() -> None:
    assert text(RECORD).startswith(f"release {ID}\n  outcome  cut off\n")
    assert what(RECORD) == ["cut off"]
    assert markdown(RECORD, seen()).startswith("### ❌ deploy, local: cut off\n")


def test_markdown_shows_what_it_was_given_as_it_is() -> None:
    record = replace(ENDED, summary="<b>|`x`_*\n#", by="a|b")
    shown = markdown(record, seen(None, "api"))
    assert "### ✅ deploy, local: succeeded" in shown
    assert "&lt;b>\\|\\`x\\`\\_\\* \\#" in shown
    assert "by a\\|b" in shown
    assert "| api | succeeded | `demo-local-api:12` | `demo-local-api:11` | ● |" in shown
    assert "<details>" not in shown


@pytest.mark.parametrize("plan", [("+ ```",), ("+ ````", "- ```")])
def test_nothing_in_a_plan_ends_its_block(plan: tuple[str, ...]) -> None:
    block = markdown(replace(ENDED, plan=plan), seen()).partition("<summary>Plan</summary>")[2]
    fence = block.strip().partition("diff\n")[0]
    assert block.count(fence) == 2


def test_a_cell_stays_in_its_table() -> None:
    assert cell("a|b\nc") == "a\\|b c"
