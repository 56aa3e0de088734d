"""This machine, as the doctor sees it."""

from pathlib import Path

import pytest

from deploy import machine
from deploy.cloud.state import CloudStatus
from deploy.config.model import Config, Environment, Site
from deploy.machine import local_port, port_user
from deploy.machine_checks import disk, node_version, plugin, python, terraform, terraform_version
from deploy.machine_checks import machine_checks as checks_of

LOCAL = "http://localhost:4566"


def config(endpoint: str | None = LOCAL, *, site: bool = True) -> Config:
    web = Site("web", Path("web"), Path("web/dist"))
    place = Environment("prod", "us-east-1", endpoint=endpoint)
    return Config(Path(), "demo", place, {}, {"web": web} if site else {})


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which nothing is installed."""
    monkeypatch.setattr("shutil.which", lambda _: None)


@pytest.mark.parametrize(
    ("endpoint", "port"),
    [
        (LOCAL, 4566),
        ("http://127.0.0.1:5000", 5000),
        (None, None),
        ("https://ecs.eu-west-1.amazonaws.com", None),
    ],
)
def test_a_local_cloud_is_told_by_its_endpoint(endpoint: str | None, port: int | None) -> None:
    assert local_port(config(endpoint)) == port


def test_ports_and_site_tools_are_looked_at_where_they_matter() -> None:
    local = [check.name for check in checks_of(config())]
    assert "port 8000" in local
    assert "site tools" in local
    aws = [check.name for check in checks_of(config(None, site=False))]
    assert not [name for name in aws if name.startswith("port")]
    assert "site tools" not in aws


@pytest.mark.usefixtures("bare")
def test_what_a_deploy_to_aws_does_not_need_is_no_fault() -> None:
    assert terraform(config(None)).verdict == "SKIP"
    finding = plugin(config(None))
    assert finding.verdict == "SKIP"
    assert "aws and session-manager-plugin not installed" in finding.found
    assert "https://docs.aws.amazon.com" in finding.remedy


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("Warning: x\n\nTerraform v1.11.4\non linux_amd64", "OK"),
        ("Terraform v1.10.5", "NG"),
        ("Terraform v2.0.0-beta1", "OK"),
        ("", "NG"),
    ],
)
def test_terraform_must_be_new_enough(said: str, verdict: str) -> None:
    assert terraform_version(said).verdict == verdict


def test_node_must_be_new_enough() -> None:
    assert node_version("npm", "v20.11.1\n").found == "npm; Node.js v20.11.1"
    assert "install 20 or later" in node_version("npm", "v18.19.0\n").remedy


def test_python_and_disk_have_limits() -> None:
    assert python((3, 11)).verdict == "OK"
    assert python((3, 10)).verdict == "NG"
    assert disk(50e9).found == "50.0 GB free"
    assert disk(1e9).verdict == "NG"


def test_a_port_is_ours_only_if_our_cloud_opened_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def runs(*urls: str) -> None:
        opened = tuple(("balancer", url) for url in urls)
        status = CloudStatus(running=True, endpoint=LOCAL, urls=opened)
        monkeypatch.setattr(machine, "look", lambda _: status)

    monkeypatch.setattr(machine, "listens", lambda _: True)
    runs("http://localhost:8000")
    assert port_user(config(), 8000) == "ours"
    runs("http://localhost:8001")
    assert port_user(config(), 8000) == "another"
    monkeypatch.setattr(machine, "listens", lambda _: False)
    assert port_user(config(), 8000) == "nobody"
