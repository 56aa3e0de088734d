import pytest

from scripts.closing_line import closing_line

PASSED = "======= 12 passed, 1 skipped in 3.21s ======="
BROKEN = "=== 2 failed, 5 passed, 1 error, 1 warning in 61.00s (0:01:01) ==="


def test_adds_up_every_pytest_run() -> None:
    assert closing_line([PASSED, "noise", PASSED], 0) == "24 passed, 0 failed, 2 skipped"


def test_an_error_counts_as_failed() -> None:
    assert closing_line([PASSED, BROKEN], 1) == "17 passed, 3 failed, 1 skipped"


def test_a_quiet_and_coloured_closing_line_counts() -> None:
    assert closing_line(["\x1b[32m\x1b[1m7 passed\x1b[0m\x1b[32m in 0.12s\x1b[0m\n"], 0) == (
        "7 passed, 0 failed"
    )


def test_adds_the_sites_tests_to_pythons() -> None:
    vitest = [" Test Files  1 failed | 3 passed (4)", "      Tests  1 failed | 37 passed (38)"]
    assert closing_line([PASSED, *vitest], 1) == "49 passed, 1 failed, 1 skipped"


def test_a_failed_linter_counts_beside_the_tests() -> None:
    lines = [PASSED, "nox > * lint: failed, took 2 seconds", "nox > * unit: success, took 1 second"]
    assert closing_line(lines, 1) == "12 passed, 1 failed, 1 skipped"


def test_a_session_whose_tests_failed_is_not_counted_twice() -> None:
    lines = [BROKEN, PASSED, "nox > * unit: failed, took 9 seconds", "nox > * types: failed"]
    assert closing_line(lines, 1) == "17 passed, 4 failed, 1 skipped"


@pytest.mark.parametrize("code", [3, 124, 137])
def test_never_says_that_nothing_failed_when_the_run_did(code: int) -> None:
    assert closing_line([], code) == "0 passed, 1 failed"


def test_a_sentence_about_time_is_no_closing_line() -> None:
    assert closing_line(["3 tasks started in 2.00s", "deployed in 2s"], 0) == "0 passed, 0 failed"
