"""The order of checks, and what becomes of those that can't be looked at."""

from hypothesis import given
from hypothesis import strategies as st

from deploy.doctor.check import Check, Finding, Known, ng, ok, skip
from deploy.doctor.tree import Findings, blocked, exit_code, ready, summary, told

OK, NG = ok("there"), ng("not there", "make it")


def look(_: Known) -> Finding:
    return OK


def chain(*names: str) -> tuple[Check, ...]:
    """Checks of which each needs the one before."""
    return tuple(
        Check("g", name, look, (f"g/{names[number - 1]}",) if number else ())
        for number, name in enumerate(names)
    )


def test_what_needs_nothing_is_ready_and_the_rest_waits() -> None:
    checks = (*chain("a", "b"), Check("g", "c", look))
    assert [check.name for check in ready(checks, {}, ())] == ["a", "c"]
    assert [check.name for check in ready(checks, {"g/a": OK}, {"g/c"})] == ["b"]


def test_all_that_hangs_on_a_fault_names_the_fault_itself() -> None:
    found = blocked(chain("account", "parameter", "cluster"), {"g/account": NG})
    assert {finding.found for finding in found.values()} == {"because account is not good"}
    assert {finding.verdict for finding in found.values()} == {"SKIP"}
    assert set(found) == {"g/parameter", "g/cluster"}


def test_what_needs_a_check_that_was_skipped_says_so() -> None:
    found = blocked(chain("a", "b"), {"g/a": skip("may not look")})
    assert found["g/b"].found == "because a was not looked at"


def test_a_line_is_told_only_after_those_above_it() -> None:
    checks = chain("a", "b", "c")
    assert told(checks, {"g/b": OK, "g/c": OK}, 0) == ()
    assert [c.name for c in told(checks, {"g/a": OK, "g/b": OK}, 0)] == ["a", "b"]
    assert [c.name for c in told(checks, {check.key: OK for check in checks}, 2)] == ["c"]


def test_only_a_fault_makes_the_exit_code() -> None:
    assert exit_code({"a": OK, "b": skip("not needed")}) == 0
    assert exit_code({"a": OK, "b": NG}) == 3
    assert summary({"a": OK, "b": NG, "c": OK, "d": skip("x")}) == "2 OK, 1 SKIP, 1 NG"


@given(st.data())
def test_every_check_ends_with_one_verdict_whatever_fails(data: st.DataObject) -> None:
    names = [str(number) for number in range(data.draw(st.integers(1, 8)))]
    checks = [
        Check("g", name, look, tuple(f"g/{n}" for n in data.draw(_subset(names[:number]))))
        for number, name in enumerate(names)
    ]
    findings: dict[str, Finding] = {}
    for _ in range(len(checks) + 1):
        findings |= blocked(checks, findings)
        for check in ready(checks, findings, ()):
            assert all(findings[need].verdict == "OK" for need in check.needs)
            findings[check.key] = data.draw(st.sampled_from((OK, NG, skip("x"))))
    assert set(findings) == {check.key for check in checks}
    assert _skipped_for_a_reason(findings)


def _subset(names: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), unique=True) if names else st.just([])


def _skipped_for_a_reason(findings: Findings) -> bool:
    return all(finding.found for finding in findings.values() if finding.verdict == "SKIP")
