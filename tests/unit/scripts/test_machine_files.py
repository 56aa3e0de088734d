"""What set-up reads of a machine and writes into the clone."""

from pathlib import Path

import pytest
from dotenv import dotenv_values

from scripts.machine import certificates, dotenv
from scripts.machine.debian import is_debian

KEY = "PYTHON_IMAGE"


def test_a_new_key_is_appended_and_readable(tmp_path: Path) -> None:
    file = tmp_path / dotenv.NAME
    file.write_text("OTHER=1")
    dotenv.add(tmp_path, KEY, "stand-in:1")
    assert file.read_text().startswith("OTHER=1\n")
    assert dotenv_values(file) == {"OTHER": "1", KEY: "stand-in:1"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PYTHON_IMAGE=mine:1", "mine:1"),
        ("export PYTHON_IMAGE = 'mine:1'", "mine:1"),
        ('PYTHON_IMAGE="a"\nPYTHON_IMAGE=b\n', "b"),
        ("PYTHON_IMAGE=", ""),
        ("# PYTHON_IMAGE=old", None),
        ("MY_PYTHON_IMAGE=other", None),
    ],
)
def test_reads_a_key_as_python_dotenv_does(tmp_path: Path, text: str, expected: str | None) -> None:
    (tmp_path / dotenv.NAME).write_text(text)
    assert dotenv.value(text, KEY) == expected
    assert dotenv_values(tmp_path / dotenv.NAME).get(KEY) == expected


def test_the_environment_counts_before_the_files_and_env_local_before_env(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PYTHON_IMAGE=general")
    (tmp_path / ".env.local").write_text("PYTHON_IMAGE=local")
    texts = dotenv.texts(tmp_path)
    assert dotenv.setting(KEY, {}, texts) == "local"
    assert dotenv.setting(KEY, {KEY: "now"}, texts) == "now"
    assert dotenv.setting("OTHER", {}, texts) is None


@pytest.mark.parametrize("name", certificates.VARIABLES)
def test_the_bundle_that_a_variable_names_is_used(tmp_path: Path, name: str) -> None:
    file = tmp_path / "ca.crt"
    file.touch()
    assert certificates.bundle({name: str(file)}, local_cas=tmp_path / "none") == file


def test_a_variable_that_names_no_file_is_ignored(tmp_path: Path) -> None:
    missing = {"SSL_CERT_FILE": str(tmp_path / "gone.crt")}
    assert certificates.bundle(missing, local_cas=tmp_path / "none") is None


def test_pip_uv_and_npm_are_told_of_the_bundle(tmp_path: Path) -> None:
    told = certificates.for_tools(tmp_path)
    assert told.keys() == {"SSL_CERT_FILE", "PIP_CERT", "NODE_EXTRA_CA_CERTS"}
    assert certificates.for_tools(None) == {}


def test_a_ca_that_was_added_to_the_system_counts_without_any_variable(tmp_path: Path) -> None:
    system, cas = tmp_path / "ca-certificates.crt", tmp_path / "cas"
    system.touch()
    cas.mkdir()
    assert certificates.bundle({}, system=system, local_cas=cas) is None
    (cas / "company.crt").touch()
    assert certificates.bundle({}, system=system, local_cas=cas) == system


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ID=debian\nVERSION_ID=12\n", True),
        ('ID=ubuntu\nID_LIKE=debian\nNAME="Ubuntu"\n', True),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', True),
        ('ID=fedora\nNAME="not debian"\n', False),
        ("", False),
    ],
)
def test_knows_debian_and_what_is_made_from_it(text: str, expected: bool) -> None:
    assert is_debian(text) is expected
