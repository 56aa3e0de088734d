"""What the site is built with and tested in: found, installed, or named with the remedy."""

import hashlib
from pathlib import Path

import pytest

from deploy.errors import PreflightError, ToolError
from scripts.machine import browser, debian, node, npm


class Machine:
    """A machine with some tools, and a Debian that offers one version of Node.js."""

    def __init__(self, tools: dict[str, str], offered: str, *, root: bool = True) -> None:
        self.tools, self.offered, self.root = tools, offered, root
        self.installed: list[str] = []

    def install(self, *packages: str, also: tuple[str, ...] = ()) -> None:
        if not self.root:
            raise PreflightError("must be installed", remedy=f"apt-get install {packages[0]}")
        self.installed += packages
        versions = {"nodejs": ("node", f"v{self.offered}"), "npm": ("npm", "9.2.0")}
        self.tools.update(versions.get(package, (package, "1")) for package in packages)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Machine:
    made: Machine = request.param
    monkeypatch.setattr(node, "version", lambda tool: made.tools.get(tool, ""))
    monkeypatch.setattr(debian, "can_install", lambda: made.root)
    monkeypatch.setattr(debian, "update", lambda: None)
    monkeypatch.setattr(debian, "candidate", lambda _package: made.offered)
    monkeypatch.setattr(debian, "install", made.install)
    monkeypatch.setattr(
        "shutil.which", lambda name: f"/usr/bin/{name}" if name in made.tools else None
    )
    monkeypatch.setattr(browser, "output", lambda argv: f"Chromium 156, as {argv[0]}\n")
    return made


READY = {"node": "v20.20.2", "npm": "11.19.1"}


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("v20.19.0", True),
        ("20.19.2+dfsg-1", True),
        ("v22.12.0", True),
        ("v24.0.1", True),
        ("v27.1.0", True),
        ("v18.20.4", False),
        ("v20.18.3", False),
        ("v21.7.3", False),
        ("v22.11.0", False),
        ("", False),
    ],
)
def test_node_is_as_new_as_vite_wants_it(text: str, accepted: bool) -> None:
    assert node.is_accepted(text) is accepted


@pytest.mark.parametrize("machine", [Machine(dict(READY), "18.20.4")], indirect=True)
def test_a_node_that_will_do_is_left_alone(machine: Machine) -> None:
    assert node.prepare() == "found, v20.20.2 with npm 11.19.1"
    assert machine.installed == []


@pytest.mark.parametrize("machine", [Machine({}, "20.19.2+dfsg-1")], indirect=True)
def test_debians_node_is_installed_where_it_is_new_enough(machine: Machine) -> None:
    assert node.prepare().startswith("installed, v20.19.2")
    assert machine.installed == ["nodejs", "npm"]


@pytest.mark.parametrize("machine", [Machine({"node": "v20.20.2"}, "")], indirect=True)
def test_npm_alone_may_be_missing(machine: Machine) -> None:
    assert node.prepare() == "installed, v20.20.2 with npm 9.2.0"
    assert machine.installed == ["npm"]


@pytest.mark.parametrize(
    ("machine", "why"),
    [
        (Machine({}, "18.20.4+dfsg-1"), "this release of Debian has 18.20.4"),
        (Machine({}, "20.19.2", root=False), "Node.js is not installed"),
        (Machine({"node": "v18.20.4", "npm": "9.2.0"}, "18.20.4"), "v18.20.4 is too old"),
    ],
    indirect=["machine"],
)
def test_what_only_the_user_can_install_is_named(machine: Machine, why: str) -> None:
    with pytest.raises(PreflightError, match=why) as caught:
        node.prepare()
    assert node.INSTALL_GUIDE in caught.value.remedy
    assert "20.19" in caught.value.remedy
    assert machine.installed == []


@pytest.mark.parametrize("machine", [Machine({"google-chrome": "1"}, "")], indirect=True)
def test_any_chromium_will_do(machine: Machine) -> None:
    assert browser.prepare() == "found, Chromium 156, as /usr/bin/google-chrome"
    assert machine.installed == []


@pytest.mark.parametrize("machine", [Machine({}, "")], indirect=True)
def test_debians_chromium_is_installed_where_there_is_none(machine: Machine) -> None:
    assert browser.prepare() == "installed, Chromium 156, as /usr/bin/chromium"
    assert machine.installed == ["chromium"]


@pytest.mark.parametrize("machine", [Machine({}, "", root=False)], indirect=True)
def test_a_missing_browser_is_an_error_with_its_remedy(machine: Machine) -> None:
    with pytest.raises(PreflightError) as caught:
        browser.prepare()
    assert "apt-get install chromium" in caught.value.remedy
    with pytest.raises(PreflightError, match="browser tests need one"):
        browser.executable()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    (tmp_path / "package-lock.json").write_text('{"lockfileVersion": 3}')
    return tmp_path


def test_packages_are_installed_once_for_each_lock(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[dict[str, str]] = []
    monkeypatch.setattr(npm, "run", lambda _argv, *, env, **_: calls.append(env))
    trust = {"NODE_EXTRA_CA_CERTS": "/ca.crt"}
    assert npm.install(package, trust).startswith("installed")
    assert npm.install(package, trust).startswith("found")
    (package / "package-lock.json").write_text("{}")
    assert npm.install(package, trust).startswith("installed")
    assert calls == [trust, trust]


def test_a_failed_installation_of_packages_is_tried_again(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ToolError("no network")

    monkeypatch.setattr(npm, "run", fail)
    with pytest.raises(ToolError):
        npm.install(package, {})
    monkeypatch.setattr(npm, "run", lambda *_, **__: 0)
    assert npm.install(package, {}).startswith("installed")
    stamp = hashlib.sha256((package / "package-lock.json").read_bytes()).hexdigest()
    assert (package / "node_modules" / ".lock-sha256").read_text() == stamp
