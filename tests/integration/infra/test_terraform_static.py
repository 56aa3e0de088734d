"""The Terraform files without a cloud: formatted, valid; and what is said where one is missing."""

import shutil
import socket
from pathlib import Path

import pytest

from deploy import process
from deploy.errors import PreflightError
from deploy.infra import terraform
from deploy.infra.plan import format_argv, init_argv, validate_argv
from tests.integration.infra import root
from tests.integration.infra.environment import Watched, configuration

pytestmark = pytest.mark.ecs


def test_files_are_formatted() -> None:
    process.run(format_argv(check=True), cwd=terraform.TERRAFORM)


@pytest.mark.parametrize("environment", ["local", "prod"])
def test_environments_are_valid(environment: str, tmp_path: Path) -> None:
    env = root.environment(tmp_path)
    folder = terraform.TERRAFORM / "environments" / environment
    process.run(init_argv(None), cwd=folder, env=env)
    process.run(validate_argv(), cwd=folder, env=env)


def test_a_cloud_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nothing listens
        port = taken.getsockname()[1]
        config = configuration(tmp_path, f"http://127.0.0.1:{port}", listener=8000)
        with pytest.raises(PreflightError, match="does not answer") as caught:
            terraform.plan(config, Watched().emit)
    assert "invoke cloud.up" in caught.value.remedy
    assert not (tmp_path / ".shipway").exists()


def test_without_terraform_it_is_said_where_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("terraform") is None
    with pytest.raises(PreflightError, match="not installed") as caught:
        terraform.plan(configuration(tmp_path, "http://127.0.0.1:9", listener=8000), Watched().emit)
    assert "developer.hashicorp.com" in caught.value.remedy
