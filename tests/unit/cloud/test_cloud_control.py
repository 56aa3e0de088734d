"""What can be said of the local cloud without starting one."""

from pathlib import Path

from deploy.cloud.embedded import Launch, argv
from deploy.cloud.localstack import compose_argv
from deploy.cloud.state import Home


def test_the_ports_are_arguments() -> None:
    call = " ".join(argv(4566, Launch(8000, 8080, 15432))[1:])
    ports = "--port 4566 --listener-base 8000 --cdn-base 8080 --database-base 15432"
    assert call == f"-m localcloud {ports}"


def test_what_databases_run_and_whether_they_stay_are_arguments_too() -> None:
    call = argv(4566, Launch(postgres_image="postgres:17", persist=True))
    assert call[-3:] == ("--postgres-image", "postgres:17", "--persist")


def test_each_port_has_a_compose_project_of_its_own(tmp_path: Path) -> None:
    call = compose_argv(tmp_path, 4570, "down", "--volumes")
    assert call[:2] == ("docker", "compose")
    assert call[-4:] == ("-p", "shipway-cloud-4570", "down", "--volumes")
    assert str(tmp_path / "localstack" / "compose.yaml") in call


def test_files_are_per_port(tmp_path: Path) -> None:
    assert Home(tmp_path, 1).log == tmp_path / ".shipway" / "cloud-1" / "localcloud.log"
    assert Home(tmp_path, 1).folder != Home(tmp_path, 2).folder


def test_a_log_that_is_not_there_has_no_tail(tmp_path: Path) -> None:
    assert Home(tmp_path, 1).tail() == ()


def test_the_tail_is_the_last_lines(tmp_path: Path) -> None:
    home = Home(tmp_path, 1)
    home.folder.mkdir(parents=True)
    home.log.write_bytes(b"\n".join(b"line %d" % n for n in range(50)) + b"\xff")
    assert len(home.tail(3)) == 3
    assert home.tail(1)[0].startswith("line 49")


def test_what_is_no_pid_is_none(tmp_path: Path) -> None:
    home = Home(tmp_path, 1)
    assert home.pid() is None
    home.folder.mkdir(parents=True)
    home.pid_file.write_text("nonsense")
    assert home.pid() is None
