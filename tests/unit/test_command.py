"""How a command ends: its message, its exit code, and whether somebody is asked first."""

import os
import signal
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from deploy.command import command, confirm, seconds
from deploy.config.model import Config, Environment
from deploy.errors import BuildError, ConfigError, PreflightError
from deploy.events import Emit

TOML = """
[project]
name = "demo"
[environments.local]
endpoint = "http://localhost:4566"
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "deploy.toml").write_text(TOML)
    return tmp_path


def ended(root: Path, error: BaseException) -> int:
    def action(_: Config, __: Emit) -> int:
        raise error

    return command(root, "local", action)


def test_an_action_returns_its_own_code(root: Path) -> None:
    assert command(root, "local", lambda _, __: 4) == 4


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BuildError("no", remedy="mend it"), 1),
        (ConfigError("no", remedy="mend it"), 2),
        (PreflightError("no", remedy="mend it"), 3),
    ],
)
def test_an_error_is_one_message_with_its_remedy(
    error: Exception, code: int, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(root, error) == code
    assert capsys.readouterr().out == "✗ no\n  → mend it\n"


def test_a_broken_configuration_ends_before_the_action(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "deploy.toml").write_text("[project\n")
    assert ended(root, AssertionError("the action ran")) == 2
    assert "no valid TOML" in capsys.readouterr().out


def test_what_aws_refuses_is_told_without_a_traceback(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    denied = {"Error": {"Code": "AccessDenied", "Message": "not yours"}}
    assert ended(root, ClientError(denied, "DescribeServices")) == 1  # type: ignore[arg-type]
    assert "AWS refused" in capsys.readouterr().out


def test_ctrl_c_ends_with_130(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(root, KeyboardInterrupt()) == 130
    assert "run the same command again" in capsys.readouterr().out


def test_a_run_that_is_cancelled_ends_as_an_interrupted_one(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def cancelled(_config: Config, _emit: Emit) -> int:
        os.kill(os.getpid(), signal.SIGTERM)
        return 0

    before = signal.getsignal(signal.SIGTERM)
    try:
        assert command(root, "local", cancelled) == 130
    finally:
        signal.signal(signal.SIGTERM, before)
    assert "interrupted" in capsys.readouterr().out


def test_a_defect_of_ours_keeps_its_traceback(root: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        ended(root, ZeroDivisionError())


@pytest.mark.parametrize("text", ["soon", "", "-5", "0", "nan", "inf"])
def test_a_timeout_that_is_none_is_bad_usage(text: str) -> None:
    with pytest.raises(ConfigError, match="--timeout") as caught:
        seconds("--timeout", text)
    assert "--timeout 600" in caught.value.remedy


def test_a_timeout_is_in_seconds() -> None:
    assert seconds("--timeout", "1.5") == 1.5


def config(*, asks: bool) -> Config:
    return Config(Path(), "demo", Environment("prod", "us-east-1", confirm=asks), {})


def test_production_is_not_changed_without_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(ConfigError, match="nobody is here to be asked") as caught:
        confirm(config(asks=True), "this plan", yes=False)
    assert "--yes" in caught.value.remedy


def test_yes_ci_and_the_local_cloud_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    confirm(config(asks=False), "this plan", yes=False)
    confirm(config(asks=True), "this plan", yes=True)
    monkeypatch.setenv("CI", "true")
    confirm(config(asks=True), "this plan", yes=False)
