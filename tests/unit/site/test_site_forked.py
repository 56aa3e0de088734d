"""Items that a child process makes: the same ones, the same errors, and nothing left behind."""

import os
import signal
import threading
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from deploy.errors import PreflightError, ToolError
from deploy.site import forked as module
from deploy.site.forked import BATCH, forked

MANY = 3 * BATCH + 1


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pytest may have threads of its own, which these forks have nothing to do with."""
    (tmp_path / "threads" / "1").mkdir(parents=True)
    monkeypatch.setattr(module, "THREADS", str(tmp_path / "threads"))


def numbers() -> Generator[int, None, None]:
    yield from range(MANY)


def processes() -> Generator[int, None, None]:
    while True:
        yield os.getpid()


def is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


def test_the_items_come_in_order_from_another_process() -> None:
    with forked(numbers) as items:
        assert list(items) == list(range(MANY))
    with forked(processes) as items:
        child = next(items)
    assert child != os.getpid()
    assert is_gone(child)


def test_the_child_works_before_it_is_asked(tmp_path: Path) -> None:
    def touching() -> Generator[int, None, None]:
        (tmp_path / "begun").touch()
        yield 1

    with forked(touching) as items:
        deadline = time.monotonic() + 10
        while not (tmp_path / "begun").exists() and time.monotonic() < deadline:
            time.sleep(0.001)
        assert (tmp_path / "begun").exists()
        assert list(items) == [1]


def test_what_is_wrong_is_told_here() -> None:
    def failing() -> Generator[int, None, None]:
        yield from range(BATCH)
        raise PreflightError("a.js cannot be read", remedy="mend it", details=("why",))

    with pytest.raises(PreflightError) as caught, forked(failing) as items:
        list(items)
    error = caught.value
    assert (error.message, error.remedy, error.details) == (
        "a.js cannot be read",
        "mend it",
        ("why",),
    )


def test_a_defect_tells_where_it_is() -> None:
    def defective() -> Generator[int, None, None]:
        yield int("no number")

    with pytest.raises(ValueError, match="no number") as caught, forked(defective) as items:
        list(items)
    assert "in defective" in caught.value.__notes__[0]


def test_a_child_that_is_killed_is_no_shorter_build() -> None:
    def killed() -> Generator[int, None, None]:
        yield from range(BATCH)
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(ToolError, match="killed"), forked(killed) as items:
        list(items)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_who_stops_early_ends_the_child_which_clears_up(
    error: type[BaseException], tmp_path: Path
) -> None:
    left = tmp_path / "left"

    def clearing() -> Generator[int, None, None]:
        left.touch()
        try:
            yield from processes()
        finally:
            left.unlink()

    seen = []

    def stop_early() -> None:
        with forked(clearing) as items:
            seen.append(next(items))
            assert left.exists()
            raise error

    with pytest.raises(error):
        stop_early()
    assert is_gone(seen[0])
    assert not left.exists()


def test_ctrl_c_reaches_the_child_by_its_parent() -> None:
    """A terminal sends SIGINT to both: the parent alone decides."""
    many = 100_000  # more than a pipe holds: the child is there until they are read

    def patient() -> Generator[int, None, None]:
        yield os.getpid()
        yield from range(many)

    with forked(patient) as items:
        os.kill(next(items), signal.SIGINT)
        assert list(items) == list(range(many))


def test_a_child_ends_when_its_parent_was_killed(tmp_path: Path) -> None:
    """It notices that nobody reads: a pipe holds less than what it makes."""
    parent = os.fork()
    if not parent:
        try:
            with forked(processes) as items:
                (tmp_path / "child").write_text(str(next(items)))
                signal.pause()
        finally:
            os._exit(1)
    deadline = time.monotonic() + 10
    while not (text := _text(tmp_path / "child")) and time.monotonic() < deadline:
        time.sleep(0.001)
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    while not is_gone(int(text)) and time.monotonic() < deadline:
        time.sleep(0.001)
    assert is_gone(int(text))


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def test_beside_other_threads_nothing_is_forked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "THREADS", "/proc/self/task")
    end = threading.Event()
    other = threading.Thread(target=end.wait)
    other.start()
    try:
        with forked(processes) as items:
            assert next(items) == os.getpid()
    finally:
        end.set()
        other.join()
    monkeypatch.setattr(module, "THREADS", str(tmp_path / "no such folder"))
    with forked(processes) as items:
        assert next(items) == os.getpid()
