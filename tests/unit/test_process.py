"""Running tools: their lines, their failures, and that none outlives its time."""

import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from deploy.errors import ToolError
from deploy.process import end_running, output, run


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-u", "-c", code)


def test_lines_arrive_and_secrets_do_not() -> None:
    lines: list[str] = []
    run(python("print(input()); print('done')"), stdin="hunter2", secrets=["hunter2"],
        on_line=lines.append)  # fmt: skip
    assert lines == ["[REDACTED]", "done"]


def test_a_failure_shows_the_last_lines_without_the_secret() -> None:
    with pytest.raises(ToolError, match="exit code 3") as caught:
        run(python("print('token hunter2'); raise SystemExit(3)"), secrets=["hunter2"])
    assert caught.value.details == ("token [REDACTED]",)


def test_an_accepted_exit_code_is_returned() -> None:
    assert run(python("raise SystemExit(2)"), ok_codes=frozenset({0, 2})) == 2


def test_a_missing_tool_says_what_to_install() -> None:
    with pytest.raises(ToolError, match="no-such-tool is not installed") as caught:
        run(("no-such-tool",))
    assert "install no-such-tool" in caught.value.remedy
    with pytest.raises(ToolError, match="is not installed"):
        output(("no-such-tool",))


def test_a_tool_that_hangs_is_ended_with_its_children() -> None:
    pause = "[sys.executable, '-c', 'import signal; signal.pause()']"
    child = f"import subprocess, sys; subprocess.run({pause})"
    with pytest.raises(ToolError, match="took longer"):
        run(python(f"print('started'); {child}"), timeout=0.5)


def test_a_tool_that_ignores_its_signal_is_killed_after_its_grace() -> None:
    deaf = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); print(1); signal.pause()"
    with pytest.raises(ToolError, match="took longer"):
        run(python(deaf), timeout=0.5, stop=signal.SIGINT, grace=0.2)


def test_output_is_what_was_printed() -> None:
    assert output(python("print('42')")) == "42\n"
    with pytest.raises(ToolError) as caught:
        output(python("import sys; sys.exit('why')"))
    assert caught.value.details == ("why",)


def test_a_tool_of_another_thread_can_be_ended() -> None:
    begun = threading.Event()
    tool = python("import signal; print('started', flush=True); signal.pause()")
    with ThreadPoolExecutor(1) as threads:
        ran = threads.submit(run, tool, on_line=lambda _: begun.set())
        assert begun.wait(10)
        end_running()
        with pytest.raises(ToolError, match="ended with exit code -15"):
            ran.result(10)
