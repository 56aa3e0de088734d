"""The only runner of external tools: streaming, redaction, timeouts.

Rooms build an argv (a tuple, by a pure function) and hand it over; nothing is ever given to a
shell. Secrets go to a tool's stdin or environment, never its argv.
"""

import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.errors import ToolError

if TYPE_CHECKING:
    from typing import IO

KEPT_LINES = 40  # how many of the last lines of a failed tool are shown
GRACE_SECONDS = 10.0  # between SIGTERM and SIGKILL

_running: dict[int, Callable[[], None]] = {}  # how to end each tool that runs now, by its pid


def _ignore(_line: str) -> None:
    pass


def redacted(line: str, secrets: Iterable[str]) -> str:
    """Return `line` with every secret in it replaced by [REDACTED]."""
    for secret in secrets:
        if secret:
            line = line.replace(secret, "[REDACTED]")
    return line


def run(
    argv: tuple[str, ...],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
    timeout: float | None = None,
    secrets: Iterable[str] = (),
    on_line: Callable[[str], None] = _ignore,
    ok_codes: frozenset[int] = frozenset({0}),
    stop: signal.Signals = signal.SIGTERM,
    grace: float = GRACE_SECONDS,
) -> int:
    """Run `argv`, calling `on_line` with each line that it prints (stdout and stderr together).

    `env` is added to this process's environment; `timeout` is in seconds. Returns the exit code,
    one of `ok_codes`. Raises ToolError with the last lines if the tool is missing, ends otherwise,
    or takes longer. Ctrl-C ends the tool first and is raised again: it gets the signal `stop`, and
    SIGKILL `grace` seconds later.
    """
    tail: deque[str] = deque(maxlen=KEPT_LINES)
    hidden = tuple(secrets)

    def receive(line: str) -> None:
        line = redacted(line.rstrip("\r\n"), hidden)
        tail.append(line)
        on_line(line)

    process = _start(argv, cwd, env)
    end = partial(_end, process, stop, grace)
    _running[process.pid] = end
    try:
        code = _follow(process, stdin, timeout, receive, end)
    finally:
        del _running[process.pid]
    if code is None:
        raise ToolError(f"{argv[0]} took longer than {timeout:g} s", details=tuple(tail))
    if code not in ok_codes:
        raise ToolError(f"`{' '.join(argv[:3])}` ended with exit code {code}", details=tuple(tail))
    return code


def end_running() -> None:
    """End the tools that other threads run: for Ctrl-C, which only the main thread hears of."""
    for end in list(_running.values()):
        end()


def output(argv: tuple[str, ...], *, cwd: Path | None = None, timeout: float = 30.0) -> str:
    """Run `argv` and return what it printed on stdout. Raises ToolError as `run` does."""
    try:
        done = subprocess.run(
            argv, cwd=cwd, timeout=timeout, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as missing:
        raise _missing(argv[0]) from missing
    except subprocess.TimeoutExpired as late:
        raise ToolError(f"{argv[0]} took longer than {timeout:g} s") from late
    if done.returncode:
        raise ToolError(
            f"`{' '.join(argv[:3])}` ended with exit code {done.returncode}",
            details=tuple(done.stderr.splitlines()[-KEPT_LINES:]),
        )
    return done.stdout


def attached(argv: tuple[str, ...]) -> int:
    """Run `argv` on this process's own input and output and return its exit code.

    Ctrl-C is the tool's to handle: a terminal sends it to both. Raises ToolError if it is missing.
    """
    try:
        process = subprocess.Popen(argv)
    except FileNotFoundError as missing:
        raise _missing(argv[0]) from missing
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        code = process.wait()
    finally:
        signal.signal(signal.SIGINT, before)
    return 128 - code if code < 0 else code  # as a shell tells of a signal


def in_terminal(argv: tuple[str, ...], passed: Callable[[bytes], bytes]) -> int:
    """Run `argv` in a terminal of its own, connected to this process's input and output.

    `passed` returns what to show of each block that it prints. Returns the exit code.
    """
    import pty

    def read(terminal: int) -> bytes:
        while block := os.read(terminal, 1024):
            if shown := passed(block):
                return shown
        return b""

    return os.waitstatus_to_exitcode(pty.spawn(argv, read))


def _missing(tool: str) -> ToolError:
    return ToolError(f"{tool} is not installed", remedy=f"install {tool} and put it on PATH")


def _start(
    argv: tuple[str, ...], cwd: Path | None, env: Mapping[str, str] | None
) -> "subprocess.Popen[str]":
    try:
        return subprocess.Popen(
            argv,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C reaches us first: we end the tool in our own order
        )
    except FileNotFoundError as missing:
        raise _missing(argv[0]) from missing


def _follow(
    process: "subprocess.Popen[str]",
    stdin: str,
    timeout: float | None,
    receive: Callable[[str], None],
    end: Callable[[], None],
) -> int | None:
    """Feed and drain `process`; its exit code, or None if it had to be ended for its time."""
    late = threading.Event()

    def expire() -> None:
        late.set()
        end()

    timer = threading.Timer(timeout, expire) if timeout is not None else None
    if timer:
        timer.start()
    try:
        _feed(process.stdin, stdin)
        for line in process.stdout or ():
            receive(line)
        code = process.wait()
    except BaseException:
        end()
        raise
    finally:
        if timer:
            timer.cancel()
        if process.stdout:
            process.stdout.close()
    return None if late.is_set() else code


def _feed(pipe: "IO[str] | None", text: str) -> None:
    if pipe is None:
        return
    try:
        pipe.write(text)
        pipe.close()
    except BrokenPipeError:
        pass  # the tool ended before it read everything; its exit code says why


def _end(process: "subprocess.Popen[str]", stop: signal.Signals, grace: float) -> None:
    """Send `stop` to the tool and its children, SIGKILL after `grace` seconds."""
    for number in (stop, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(grace)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
        return
