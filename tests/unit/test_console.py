"""What a pipe and a program read. The live view is looked at in tests/e2e."""

import io
import json
from concurrent.futures import ThreadPoolExecutor

from deploy.console import console, duration, progress
from deploy.events import (
    Change,
    DiffShown,
    Failure,
    Finished,
    PhaseEnded,
    PhaseProgress,
    PhaseStarted,
    PlanShown,
)

EVENTS = (
    PlanShown("plan", (Change("~", "image", "source changed", before="a" * 99 + "z", after="b"),)),
    PhaseStarted("push", "3 layers"),
    PhaseProgress("push", "pushing", done=1, total=2, unit="bytes"),
    PhaseEnded("push", ok=True, seconds=1.25, detail="2 MB"),
    PhaseProgress("rollout", "1 of 2 running"),
    PhaseProgress("rollout", "1 of 2 running"),
    Failure("it broke", ("line 1",), remedy="mend it"),
    Finished("failed", 1, 75, "because", {"backend": "http://localhost:8000"}, "try again"),
)


def rendered(*, as_json: bool = False) -> str:
    stream = io.StringIO()
    with console(as_json=as_json, stream=stream) as emit:
        for event in EVENTS:
            emit(event)
    return stream.getvalue()


def test_plain_lines_tell_the_story_once() -> None:
    text = rendered()
    assert "  ~ image  source changed" in text
    assert "a" * 29 + "…" + "a" * 28 + "z" in text  # a long value loses its middle
    assert "✓ push  2 MB  1.2 s" in text
    assert text.count("1 of 2 running") == 1
    assert "✗ it broke\n    line 1\n  → mend it" in text
    assert "failed: because  (1 min 15 s)\n  backend  http://localhost:8000" in text
    assert "\x1b" not in text


def test_json_is_one_object_a_line() -> None:
    lines = [json.loads(line) for line in rendered(as_json=True).splitlines()]
    assert [line["event"] for line in lines][:2] == ["plan_shown", "phase_started"]
    assert lines[-1]["exit_code"] == 1
    assert lines[-1]["urls"] == {"backend": "http://localhost:8000"}


def test_bytes_are_shown_as_megabytes() -> None:
    event = PhaseProgress("push", "layers", done=5e6, total=2e7, unit="bytes")
    assert progress(event) == "layers  5.0 of 20.0 MB"
    assert duration(0.04) == "0.0 s"


def test_a_log_hears_of_quarters_of_what_takes_long() -> None:
    stream = io.StringIO()
    with console(stream=stream) as emit:
        for done in range(0, 101, 5):
            emit(PhaseProgress("upload", "files", done=done * 1e6, total=100e6, unit="bytes"))
            emit(PhaseProgress("push", "layers", done=done * 1e3, total=100e3, unit="bytes"))
    lines = [line.strip() for line in stream.getvalue().splitlines()]
    assert lines == [f"{part} % of 100.0 MB" for part in (25, 50, 75)]


def test_threads_share_a_console_without_mixing_lines() -> None:
    stream = io.StringIO()
    failures = tuple(Failure(f"{name}{'x' * 200}", (name * 200,), name * 200) for name in "abcd")
    with console(stream=stream) as emit, ThreadPoolExecutor(4) as threads:
        list(threads.map(emit, failures * 50))
    messages = [line for line in stream.getvalue().splitlines() if line.startswith("✗")]
    followers = stream.getvalue().splitlines()[1::3]
    assert [line[2] for line in messages] == [line.strip()[0] for line in followers]


def test_a_diff_is_shown_line_by_line() -> None:
    stream = io.StringIO()
    with console(stream=stream) as emit:
        emit(DiffShown("task definition of backend", (" {", '-  "cpu": "256"', '+  "cpu": "512"')))
    assert stream.getvalue() == (
        'task definition of backend\n   {\n  -  "cpu": "256"\n  +  "cpu": "512"\n'
    )
