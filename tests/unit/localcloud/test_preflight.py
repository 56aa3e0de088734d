"""What the local cloud says when it cannot start."""

from importlib.metadata import PackageNotFoundError

import pytest

from localcloud import preflight
from localcloud.preflight import CannotStartError, check_port, check_version


def test_another_version_of_ministack_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "version", lambda _: "1.6.0")
    with pytest.raises(CannotStartError) as caught:
        check_version()
    assert str(caught.value) == (
        "MiniStack 1.5.33 is needed, but 1.6.0 is installed.\n"
        "Run `pip install ministack==1.5.33` in this environment."
    )


def test_no_ministack_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(preflight, "version", missing)
    with pytest.raises(CannotStartError, match="but none is installed"):
        check_version()


def test_the_installed_one_is_right() -> None:
    check_version()


def test_a_taken_port_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "bind", lambda _: None)
    monkeypatch.setattr(preflight, "_ask", lambda url: {"pid": 7} if "_localcloud" in url else None)
    with pytest.raises(CannotStartError) as caught:
        check_port(4566)
    assert "Port 4566 is taken by a local cloud, process 7." in str(caught.value)
    assert "--port" in str(caught.value)
