import pytest

from scripts.ci_report import closing_line, failures

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
    lines = [PASSED, "nox > Session lint failed.", "nox > Session unit was successful."]
    assert closing_line(lines, 1) == "12 passed, 1 failed, 1 skipped"


def test_a_session_whose_tests_failed_is_not_counted_twice() -> None:
    lines = [BROKEN, PASSED, "nox > Session unit failed.", "nox > Session types failed."]
    assert closing_line(lines, 1) == "17 passed, 4 failed, 1 skipped"


@pytest.mark.parametrize("code", [3, 124, 137])
def test_never_says_that_nothing_failed_when_the_run_did(code: int) -> None:
    assert closing_line([], code) == "0 passed, 1 failed"


def test_a_sentence_about_time_is_no_closing_line() -> None:
    assert closing_line(["3 tasks started in 2.00s", "deployed in 2s"], 0) == "0 passed, 0 failed"


def test_names_what_failed_in_each_session_once() -> None:
    lines = [
        "nox > Running session unit",
        "FAILED tests/unit/test_a.py::test_one - assert 1 == 2",
        "ERROR tests/unit/test_b.py::test_two - the engine is gone",
        "ERROR tests/unit/test_b.py::test_two - the engine is gone",
        "nox > Session unit failed.",
        "nox > Running session frontend",
        "\x1b[31m FAIL \x1b[39m src/App.test.tsx > shows the version",
        "nox > Session frontend failed.",
        "nox > Running session e2e",
        "ERROR    the database can't be reached",
        "nox > Session e2e was successful in 20 minutes.",
    ]
    assert list(failures(lines, 1)) == [
        "FAILED tests/unit/test_a.py::test_one - assert 1 == 2",
        "FAILED tests/unit/test_b.py::test_two - the engine is gone",
        "FAILED src/App.test.tsx > shows the version",
    ]


def test_a_long_reason_is_cut_short() -> None:
    failed = f"FAILED tests/e2e/test_a.py::test_one - assert not {['502 Bad Gateway'] * 99}"
    lines = [failed, "nox > Session e2e failed."]
    assert list(failures(lines, 1)) == [failed[:200]]


def test_a_session_without_a_failed_test_is_told_by_its_last_lines() -> None:
    lines = [
        "nox > Running session unit",
        "FAILED tests/unit/test_a.py::test_one - assert 1 == 2",
        "nox > Session unit failed.",
        "nox > Running session lint",
        "tasks.py:1:1: F401 unused import",
        "nox > Command ruff check failed with exit code 1",
        "nox > Session lint failed.",
    ]
    assert list(failures(lines, 1))[1:] == [
        "FAILED session lint, after:",
        "    tasks.py:1:1: F401 unused import",
        "    nox > Command ruff check failed with exit code 1",
    ]


def test_a_run_that_ended_before_a_session_did_is_told_by_its_last_lines() -> None:
    lines = ["python found", "no Docker engine answers: install docker.io"]
    assert list(failures(lines, 3)) == [
        "FAILED exit code 3, after:",
        "    python found",
        "    no Docker engine answers: install docker.io",
    ]


def test_nothing_is_told_of_a_run_that_passed() -> None:
    assert not list(failures([PASSED, "nox > Session unit was successful."], 0))
