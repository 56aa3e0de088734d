"""Which way a request goes: proxies, certificates, and connections that are kept."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deploy.connections import Connections, proxy_for
from deploy.errors import PreflightError

S3 = urlsplit("https://bucket.s3.eu-central-1.amazonaws.com/key")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("variables", "proxy"),
    [
        ({}, ""),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "http://proxy:3128"),
        ({"https_proxy": "proxy:3128"}, "http://proxy:3128"),
        ({"HTTP_PROXY": "http://proxy:3128"}, ""),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": ".amazonaws.com"}, ""),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "example.org"}, "http://proxy:3128"),
    ],
)
def test_the_proxy_is_the_environments(
    variables: dict[str, str], proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(S3, variables) == proxy


def test_a_proxy_over_tls_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "https://proxy:3128")
    with pytest.raises(PreflightError) as caught:
        proxy_for(S3, {"HTTPS_PROXY": "https://proxy:3128"})
    assert "http://host:port" in caught.value.remedy


def test_what_goes_through_a_proxy_is_tunnelled(monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {"HTTPS_PROXY": "http://me:p%40ss@proxy:3128"}
    monkeypatch.setenv("HTTPS_PROXY", environ["HTTPS_PROXY"])
    connection = Connections(environ).take(S3)
    assert (connection.host, connection.port) == ("proxy", 3128)
    assert connection._tunnel_host == S3.hostname  # type: ignore[attr-defined]
    login = connection._tunnel_headers["Proxy-Authorization"]  # type: ignore[attr-defined]
    assert login == "Basic bWU6cEBzcw=="


def test_a_local_cloud_is_reached_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy:3128")
    local = urlsplit("http://localhost:4566/bucket/key")
    connection = Connections({"HTTP_PROXY": "http://proxy:3128"}).take(local)
    assert (connection.host, connection.port) == ("localhost", 4566)


@pytest.mark.parametrize("name", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_a_bundle_without_certificates_is_named(name: str, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    with pytest.raises(PreflightError, match=r"bundle\.pem cannot be read"):
        Connections({name: str(bundle)}).take(S3)
    bundle.write_text("junk")
    with pytest.raises(PreflightError, match=r"bundle\.pem cannot be read"):
        Connections({name: str(bundle)}).take(S3)


def test_a_connection_that_was_given_back_is_taken_first() -> None:
    connections = Connections({})
    taken = connections.take(S3)
    taken.sock = _Socket()
    connections.give(S3, taken)
    assert connections.take(S3) is taken
    assert connections.take(S3) is not taken


def test_a_connection_that_the_server_ends_is_not_kept() -> None:
    connections = Connections({})
    taken = connections.take(S3)
    connections.give(S3, taken)
    assert connections.take(S3) is not taken


def test_a_child_does_not_use_its_parents_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    connections = Connections({})
    taken = connections.take(S3)
    taken.sock = _Socket()
    connections.give(S3, taken)
    monkeypatch.setattr("os.getpid", lambda: -1)
    assert connections.take(S3) is not taken


class _Socket:
    def close(self) -> None:
        pass
