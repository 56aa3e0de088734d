"""`invoke shell` on AWS: what the AWS CLI is called with, and what of it comes back.

The CLI is a script that does what `aws ecs execute-command` does: it prints where the session
begins and ends, runs the command without a shell of its own, and always exits 0.
"""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from deploy import process
from deploy.errors import PreflightError
from deploy.service import session
from deploy.shell import check_tools

CLI = """
    import shlex, subprocess, sys
    assert sys.stdin.isatty(), "the plugin ends at once without a terminal"
    print("Starting session with SessionId: ecs-execute-command-0a", flush=True)
    subprocess.run(shlex.split(sys.argv[sys.argv.index("--command") + 1]))
    print("Exiting session with sessionId: ecs-execute-command-0a.", flush=True)
"""
RUN = """
    import sys
    from deploy import process
    from deploy.service.session import Ending, aws_argv
    task = {"taskArn": "arn:aws:ecs:us-east-1:1:task/demo/x"}
    argv = aws_argv("demo", task, "api", sys.argv[1], region="us-east-1", endpoint=None)
    ending = Ending()
    process.in_terminal(argv, ending.passed)
    sys.exit(ending.code)
"""
TASK = {"taskArn": "arn:aws:ecs:us-east-1:1:task/demo/x"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A folder with an `aws` in it."""
    script = tmp_path / "aws"
    script.write_text(f"#!{sys.executable}\n{textwrap.dedent(CLI)}")
    script.chmod(0o755)
    return tmp_path


def in_session(path: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command as `invoke shell` does on AWS, from a process without a terminal."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(RUN), command],
        env={**os.environ, "PATH": f"{path}:{os.environ['PATH']}", "PYTHONPATH": os.getcwd()},  # noqa: PTH109
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("command", "code", "shown"),
    [
        ("echo one; echo 'a  b'", 0, "a  b"),
        ("echo before; exit 3", 3, "before"),
        ("no-such-command-here", 127, "not found"),
        ("printf 'no line end'", 0, "no line end"),
    ],
)
def test_the_commands_own_exit_code_comes_back(
    path: Path, command: str, code: int, shown: str
) -> None:
    ran = in_session(path, command)
    assert ran.returncode == code, ran.stderr
    assert shown in ran.stdout
    assert "\x1e" not in ran.stdout


def test_a_missing_tool_is_told_with_where_it_is(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(path))
    with pytest.raises(PreflightError, match="session-manager-plugin is not installed") as caught:
        check_tools()
    assert "https://docs.aws.amazon.com/systems-manager" in caught.value.remedy
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(PreflightError, match="aws is not installed"):
        check_tools()


def test_an_attached_tool_gives_its_exit_code_also_after_a_signal() -> None:
    assert process.attached((sys.executable, "-c", "raise SystemExit(7)")) == 7
    killed = (sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGTERM)")
    assert process.attached(killed) == 128 + 15


def test_a_session_without_a_command_is_a_shell() -> None:
    argv = session.aws_argv("demo", TASK, "api", "", region="us-east-1", endpoint="http://x:1")
    assert "exec bash" in argv[-1]
    assert argv[argv.index("--endpoint-url") + 1] == "http://x:1"
