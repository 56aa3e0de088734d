"""The end of a build: which digest a deploy goes on with, and when it stops."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from docker.errors import DockerException

from deploy.config.model import Build
from deploy.errors import BuildError, PreflightError
from deploy.events import Event, Note, PhaseEnded, PhaseStarted
from deploy.image.apply import ImageResult, apply, attests
from deploy.image.engine import silent
from deploy.image.plan import ImagePlan

if TYPE_CHECKING:
    from pathlib import Path

    from docker import DockerClient
    from mypy_boto3_ecr import ECRClient

PUSHED = "sha256:" + "aa" * 32
OTHER = "sha256:" + "bb" * 32
DOCKER = '#!/bin/sh\n[ "$1" = --version ] && echo "Docker version 20.10.24, build e"\nexit {code}\n'


class ScriptedEngine:
    """An engine whose push answers with `message`, and whose images are for amd64."""

    def __init__(self, message: dict[str, Any], architecture: str = "amd64") -> None:
        attributes = {"Os": "linux", "Architecture": architecture}
        self.images = SimpleNamespace(
            push=lambda *_, **__: iter([message]),
            get=lambda _: SimpleNamespace(attrs=attributes),
        )
        self.api = SimpleNamespace(timeout=2)

    def ping(self) -> bool:
        return True

    def info(self) -> dict[str, Any]:
        return {"DriverStatus": [["Backing Filesystem", "extfs"]]}


def registry(digest: str) -> "ECRClient":
    token = {"authorizationToken": "QVdTOnA=", "proxyEndpoint": "https://reg.example"}
    fake = SimpleNamespace(
        describe_images=lambda **_: {"imageDetails": [{"imageDigest": digest}]},
        get_authorization_token=lambda: {"authorizationData": [token]},
        exceptions=SimpleNamespace(
            ImageNotFoundException=KeyError, RepositoryNotFoundException=KeyError
        ),
    )
    return cast("ECRClient", fake)


@pytest.fixture
def run(
    tmp_path: "Path", monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[ImageResult, list[Event]]]:
    """Apply a plan with a docker command that builds anything, or nothing if `code` is not 0."""

    def applied(
        plan: ImagePlan, engine: ScriptedEngine, digest: str = PUSHED, code: int = 0
    ) -> tuple[ImageResult, list[Event]]:
        path = tmp_path / "docker"
        path.write_text(DOCKER.format(code=f'$([ "$1" = build ] && echo {code} || echo 0)'))
        path.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        events: list[Event] = []
        ticks = iter(range(100))
        result = apply(
            plan,
            Build(context=tmp_path, dockerfile=tmp_path / "Dockerfile"),
            ecr=registry(digest),
            docker=lambda: cast("DockerClient", engine),
            emit=events.append,
            clock=lambda: float(next(ticks)),
            sleep=lambda _: None,
        )
        return result, events

    return applied


def test_the_digest_is_the_one_that_both_told(plan: ImagePlan, run: Any) -> None:
    result, events = run(plan, ScriptedEngine({"aux": {"Digest": PUSHED}}))
    assert result == ImageResult(
        digest=PUSHED,
        reference=f"{plan.repository_url}@{PUSHED}",
        built=True,
        pushed=True,
    )
    phases = [e for e in events if isinstance(e, PhaseStarted | PhaseEnded)]
    assert [phase.phase for phase in phases] == [*["build backend"] * 2, *["push backend"] * 2]
    assert [phase.seconds for phase in phases if isinstance(phase, PhaseEnded)] == [1.0, 1.0]


def test_another_digest_in_the_registry_stops_the_deploy(plan: ImagePlan, run: Any) -> None:
    with pytest.raises(BuildError, match="another image") as caught:
        run(plan, ScriptedEngine({"aux": {"Digest": PUSHED}}), OTHER)
    assert PUSHED in str(caught.value.details)
    assert OTHER in str(caught.value.details)


def test_a_deploy_that_was_faster_wins_with_the_same_source(plan: ImagePlan, run: Any) -> None:
    result, events = run(plan, ScriptedEngine({"error": "tag is immutable"}), OTHER)
    assert (result.digest, result.built, result.pushed) == (OTHER, True, False)
    assert any(isinstance(event, Note) and "another deploy" in event.text for event in events)


def test_a_rebuild_does_not_take_anothers_image(plan: ImagePlan, run: Any) -> None:
    with pytest.raises(BuildError, match="in the meantime"):
        run(replace(plan, fresh=True), ScriptedEngine({"error": "tag is immutable"}), OTHER)


def test_an_image_of_another_architecture_is_not_pushed(plan: ImagePlan, run: Any) -> None:
    engine = ScriptedEngine({"error": "pushed anyway"}, architecture="arm64")
    with pytest.raises(PreflightError, match="linux/arm64"):
        run(plan, engine)


def test_a_failed_build_is_not_pushed(plan: ImagePlan, run: Any) -> None:
    with pytest.raises(BuildError, match="did not build"):
        run(plan, ScriptedEngine({"error": "pushed anyway"}), code=1)


def refuse(*_: Any) -> Any:
    raise DockerException("no such file")


def test_reuse_needs_neither_docker_nor_a_registry(plan: ImagePlan, tmp_path: "Path") -> None:
    result = apply(
        replace(plan, action="reuse", digest=PUSHED),
        Build(context=tmp_path, dockerfile=tmp_path / "Dockerfile"),
        ecr=cast("ECRClient", None),
        docker=refuse,
        emit=lambda _: None,
        clock=refuse,
        sleep=refuse,
    )
    assert result == ImageResult(
        PUSHED, f"{plan.repository_url}@{PUSHED}", built=False, pushed=False
    )


def test_an_engine_that_does_not_answer_stops_before_the_build(
    plan: ImagePlan, tmp_path: "Path"
) -> None:
    events: list[Event] = []
    with pytest.raises(PreflightError, match="Docker does not answer") as caught:
        apply(
            plan,
            Build(context=tmp_path, dockerfile=tmp_path / "Dockerfile"),
            ecr=cast("ECRClient", None),
            docker=refuse,
            emit=events.append,
            clock=refuse,
            sleep=refuse,
        )
    assert caught.value.details == ("no such file",)
    assert not events


@pytest.mark.parametrize(
    ("cause", "platform", "installed", "word"),
    [
        ("no such file", "darwin", True, "start Docker Desktop"),
        ("no such file", "win32", False, "install and start Docker Desktop"),
        ("no such file", "linux", True, "systemctl start docker"),
        ("no such file", "linux", False, "scripts/quickstart"),
        ("PermissionError(13, 'Permission denied')", "linux", True, "group `docker`"),
    ],
)
def test_the_remedy_fits_the_machine(cause: str, platform: str, installed: bool, word: str) -> None:
    assert word in silent(cause, platform, installed=installed).remedy


def test_a_set_docker_host_is_what_to_look_at() -> None:
    error = silent("no such host", "darwin", installed=True, host="tcp://build:2375")
    assert "DOCKER_HOST (tcp://build:2375)" in error.remedy


def test_only_the_containerd_image_store_keeps_attestations() -> None:
    assert attests({"DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]})
    assert not attests({"DriverStatus": None})
