from pathlib import Path

import pytest

from deploy.errors import PreflightError
from scripts.machine import engine
from scripts.machine.engine import Host, Step, is_running, steps, wait

DOWN = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock."
BARE = Host(can_install=True, installed=False, systemd=False)
LAPTOP = Host(can_install=False, installed=True, systemd=True)


def test_bare_debian_gets_docker_and_a_daemon() -> None:
    assert steps("docker is not installed", BARE) == (Step.INSTALL, Step.START_DAEMON)


def test_an_installed_engine_is_only_started() -> None:
    stopped = Host(can_install=True, installed=True, systemd=False)
    assert steps(DOWN, stopped) == (Step.START_DAEMON,)


def test_systemd_starts_the_service_where_it_runs() -> None:
    booted = Host(can_install=True, installed=True, systemd=True)
    assert steps(DOWN, booted) == (Step.START_UNIT,)


def test_without_root_the_user_is_told_what_to_do() -> None:
    with pytest.raises(PreflightError) as caught:
        steps(DOWN, LAPTOP)
    assert "sudo systemctl start docker" in caught.value.remedy
    assert engine.INSTALL_GUIDE in caught.value.remedy
    assert caught.value.exit_code == 3


def test_a_user_outside_the_docker_group_is_told_so() -> None:
    denied = "permission denied while trying to connect to the Docker daemon socket"
    with pytest.raises(PreflightError, match="may not use it") as caught:
        steps(denied, LAPTOP)
    assert "usermod -aG docker" in caught.value.remedy


def test_nothing_is_installed_when_docker_host_names_another_engine() -> None:
    remote = Host(can_install=True, installed=False, systemd=False, docker_host="ssh://build")
    with pytest.raises(PreflightError, match="DOCKER_HOST=ssh://build"):
        steps(DOWN, remote)


def test_a_running_engine_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "ask", lambda: ("20.10.24", ""))
    monkeypatch.setattr(engine, "_take", lambda _step: pytest.fail("touched the machine"))
    assert engine.prepare("") == "found, 20.10.24"


def test_waits_until_the_engine_answers() -> None:
    answers = iter([False, False, True])
    assert wait(lambda: next(answers), lambda: False, clock=lambda: 0.0, sleep=lambda _: None)


def test_gives_up_at_once_when_the_daemon_has_ended() -> None:
    assert not wait(lambda: False, lambda: True, clock=lambda: 0.0, sleep=lambda _: None)


def test_gives_up_at_the_deadline() -> None:
    times = iter([0.0, 1.0, engine.START_SECONDS])
    assert not wait(lambda: False, lambda: False, clock=lambda: next(times), sleep=lambda _: None)


@pytest.mark.parametrize(("name", "running"), [("dockerd\n", True), ("bash\n", False)])
def test_a_pid_file_counts_only_for_a_dockerd(tmp_path: Path, name: str, running: bool) -> None:
    (tmp_path / "docker.pid").write_text("42")
    (tmp_path / "42").mkdir()
    (tmp_path / "42" / "comm").write_text(name)
    assert is_running(tmp_path / "docker.pid", tmp_path) is running


def test_a_stale_pid_file_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "docker.pid").write_text("42")
    assert not is_running(tmp_path / "docker.pid", tmp_path)
