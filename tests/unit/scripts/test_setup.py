import subprocess
import sys
from pathlib import Path

import pytest

from deploy.errors import PreflightError, ToolError
from scripts.machine import __main__ as setup
from scripts.machine import (
    base_image,
    browser,
    certificates,
    dotenv,
    engine,
    environment,
    node,
    postgres_image,
    terraform,
)

ROOT = Path(__file__).resolve().parents[3]
STAND_IN = base_image.BACKEND.stand_in


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone on a machine without a hub and without certificates of its own."""
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["setup"])
    monkeypatch.delenv("PYTHON_IMAGE", raising=False)
    monkeypatch.delenv("POSTGRES_IMAGE", raising=False)
    monkeypatch.delenv("BUILD_CA_BUNDLE", raising=False)
    monkeypatch.setattr(certificates, "bundle", lambda _environ: None)
    monkeypatch.setattr(environment, "prepare", lambda *_: "found")
    monkeypatch.setattr(engine, "prepare", lambda _: "found, 20.10")
    monkeypatch.setattr(base_image, "prepare", lambda image, _: (image.stand_in, "built"))
    monkeypatch.setattr(terraform, "prepare", lambda: "found, 1.11")
    monkeypatch.setattr(node, "prepare", lambda: "found, v20.19.2")
    monkeypatch.setattr(browser, "prepare", lambda: pytest.fail("only tests need a browser"))
    return tmp_path


def fail_with(monkeypatch: pytest.MonkeyPatch, module: object, error: Exception) -> None:
    def fail(*_: object) -> str:
        raise error

    monkeypatch.setattr(module, "prepare", fail)


def test_one_line_for_each_thing(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert setup.main() == 0
    lines = capsys.readouterr().out.splitlines()
    subjects = [line[:14].strip() for line in lines]
    assert subjects == [
        "python",
        "virtualenv",
        "CA bundle",
        "docker engine",
        "base image",
        "postgres image",
        "terraform",
        "node",
    ]


def test_a_stand_in_is_remembered_once(clone: Path) -> None:
    setup.main()
    first = (clone / ".env.local").read_text()
    assert dotenv.value(first, "PYTHON_IMAGE") == STAND_IN
    assert dotenv.value(first, "POSTGRES_IMAGE") == postgres_image.POSTGRES.stand_in
    setup.main()
    assert (clone / ".env.local").read_text() == first


def test_nothing_is_written_where_nothing_is_needed(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base_image, "prepare", lambda image, _: (image.official, "found"))
    setup.main()
    assert list(clone.iterdir()) == []


def test_the_users_lines_stay_as_they_are(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "PYTHON_IMAGE=mine:1\nPOSTGRES_IMAGE=mine:2\nBUILD_CA_BUNDLE=/mine.crt\n"
    (clone / ".env.local").write_text(lines)
    monkeypatch.setattr(certificates, "bundle", lambda _environ: Path("/other.crt"))
    setup.main()
    assert (clone / ".env.local").read_text() == lines


def test_a_missing_engine_is_an_error_with_its_remedy_and_no_image_is_tried(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_with(monkeypatch, engine, PreflightError("no engine", remedy="install one"))
    fail_with(monkeypatch, base_image, AssertionError("no engine to ask"))
    assert setup.main() == 3
    assert "docker engine  no engine: install one" in capsys.readouterr().out


def test_a_missing_tool_may_be_allowed_and_is_still_reported(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_with(monkeypatch, terraform, PreflightError("no Terraform", remedy="install it"))
    monkeypatch.setattr(sys, "argv", ["setup", "--allow-missing"])
    assert setup.main() == 0
    assert "no Terraform: install it" in capsys.readouterr().out


def test_the_tests_need_a_browser_and_say_so(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_with(monkeypatch, browser, PreflightError("no Chromium", remedy="install it"))
    monkeypatch.setattr(sys, "argv", ["setup", "--tests"])
    assert setup.main() == 3
    assert "browser        no Chromium: install it" in capsys.readouterr().out


def test_a_broken_environment_is_never_allowed(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_with(monkeypatch, environment, ToolError("pip failed", details=("no such hash",)))
    monkeypatch.setattr(sys, "argv", ["setup", "--allow-missing"])
    assert setup.main() == 1
    assert "no such hash" in capsys.readouterr().out


def test_set_up_runs_on_the_standard_library_alone() -> None:
    bare = (sys.executable, "-I", "-S", "-c")
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import scripts.machine.__main__"
    done = subprocess.run((*bare, code), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
