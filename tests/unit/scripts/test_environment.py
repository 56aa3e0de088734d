from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.errors import PreflightError, ToolError
from scripts.machine import environment, terraform
from scripts.machine.environment import LOCK, Installer, prepare

PIP = Installer(None, "/usr/bin/python3.11")
UV = Installer("/opt/uv", "/usr/bin/python3.11")
Run = Callable[..., int]
Calls = list[tuple[str, ...]]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    (tmp_path / LOCK).parent.mkdir()
    (tmp_path / LOCK).write_text("one==1 --hash=sha256:00\n")
    return tmp_path


@pytest.fixture
def calls(clone: Path, monkeypatch: pytest.MonkeyPatch) -> Calls:
    """What is run; the interpreter in .venv starts once something has created it."""
    made: Calls = []
    monkeypatch.setattr("shutil.which", lambda _: None)

    def run(argv: tuple[str, ...], **_: object) -> int:
        python = clone / ".venv" / "bin" / "python"
        if argv[0] == str(python) and "-c" in argv:
            if not python.exists():
                raise ToolError("python is not installed")
            return 0
        made.append(argv)
        if "venv" in argv:
            python.parent.mkdir(parents=True, exist_ok=True)
            python.touch()
        return 0

    monkeypatch.setattr(environment, "run", run)
    return made


def test_a_fresh_clone_gets_an_environment_and_a_second_run_touches_nothing(
    clone: Path, calls: Calls
) -> None:
    assert prepare(clone, {}).startswith("created from requirements/dev.txt with pip")
    assert len(calls) == 2
    calls.clear()
    assert prepare(clone, {}).startswith("found")
    assert calls == []


def test_a_changed_lock_is_installed_into_the_same_environment(clone: Path, calls: Calls) -> None:
    prepare(clone, {})
    calls.clear()
    (clone / LOCK).write_text("one==2 --hash=sha256:11\n")
    assert prepare(clone, {}).startswith("updated")
    assert len(calls) == 1
    assert "install" in calls[0]


def test_an_environment_that_no_longer_starts_is_made_anew(clone: Path, calls: Calls) -> None:
    prepare(clone, {})
    (clone / ".venv" / "bin" / "python").unlink()
    calls.clear()
    assert prepare(clone, {}).startswith("created")
    assert len(calls) == 2


def test_a_failed_installation_is_tried_again(
    clone: Path, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    works: Run = vars(environment)["run"]

    def fail(argv: tuple[str, ...], **keywords: object) -> int:
        if "install" in argv:
            raise ToolError("no network")
        return works(argv, **keywords)

    monkeypatch.setattr(environment, "run", fail)
    with pytest.raises(ToolError):
        prepare(clone, {})
    monkeypatch.setattr(environment, "run", works)
    assert prepare(clone, {}).startswith("updated")


@pytest.mark.parametrize("installer", [PIP, UV])
def test_packages_are_installed_by_their_hashes_only(installer: Installer) -> None:
    argv = installer.install(Path(".venv"), LOCK)
    assert "--require-hashes" in argv
    assert argv[-2:] == ("-r", "requirements/dev.txt")


def test_uv_makes_the_environment_for_the_python_that_was_found() -> None:
    argv = UV.create(Path(".venv"))
    assert argv[:2] == ("/opt/uv", "venv")
    assert "/usr/bin/python3.11" in argv


def test_terraforms_version_is_read_among_its_warnings() -> None:
    lines = ["│ Warning: Unable to open CLI configuration file", "Terraform v1.11.4", "on linux"]
    assert terraform.check(lines) == "1.11.4"


@pytest.mark.parametrize("printed", ["Terraform v1.5.7", "Terraform v0.15.0", "OpenTofu v1.12.0"])
def test_a_terraform_that_cannot_lock_its_state_is_refused(printed: str) -> None:
    with pytest.raises(PreflightError) as caught:
        terraform.check([printed])
    assert "1.11" in caught.value.remedy
    assert terraform.INSTALL_GUIDE in caught.value.remedy
