"""The build command as data, and which docker runs it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.config.model import Build
from deploy.errors import BuildError, ConfigError, PreflightError, ShipwayError
from deploy.events import Event, Note, PhaseOutput, PhaseProgress
from deploy.image.build import build_argv, build_environment, build_image, secret_values
from deploy.image.plan import ImagePlan
from deploy.image.tool import BuildTool, Client, choose, clients_on, parse_version

BUILT_IN = BuildTool(("/usr/bin/docker", "build"), {"DOCKER_BUILDKIT": "1"})
BUILDX = BuildTool(("/usr/bin/docker", "buildx", "build"), buildx=(0, 12))
CANARY = "canary-7f3a"


def build(**changes: Mapping[str, object]) -> Build:
    plain = Build(context=Path("/app"), dockerfile=Path("/app/Dockerfile"))
    return plain._replace(**changes)  # type: ignore[arg-type]


def test_the_command_of_a_client_with_buildkit_built_in() -> None:
    assert build_argv(build(), "reg/app:src-1", {}, BUILT_IN) == (
        *("/usr/bin/docker", "build", "--platform", "linux/amd64"),
        *("--file", "/app/Dockerfile", "--tag", "reg/app:src-1", "--progress=plain", "/app"),
    )


def test_the_command_of_buildx_with_everything() -> None:
    full = build(args={"B": "2", "A": "1"}, secrets={"pip": Path("/home/me/pip.conf")})
    labels = {"org.opencontainers.image.revision": "abc"}
    assert build_argv(full, "reg/app:src-1", labels, BUILDX, fresh=True, pull=True) == (
        *("/usr/bin/docker", "buildx", "build", "--platform", "linux/amd64"),
        *("--file", "/app/Dockerfile", "--tag", "reg/app:src-1", "--progress=plain"),
        *("--load", "--provenance=false", "--no-cache", "--pull"),
        *("--build-arg", "A", "--build-arg", "B"),
        *("--secret", "id=pip,src=/home/me/pip.conf"),
        *("--label", "org.opencontainers.image.revision=abc", "/app"),
    )


def test_provenance_is_asked_for_where_it_can_be_kept() -> None:
    assert "--provenance=mode=min" in build_argv(build(), "n", {}, BUILDX, attest=True)
    old = replace(BUILDX, buildx=(0, 9))
    assert not [word for word in build_argv(build(), "n", {}, old) if "provenance" in word]


def test_a_secrets_path_may_hold_a_comma() -> None:
    argv = build_argv(build(secrets={"a": Path("/x,y/z")}), "n", {}, BUILT_IN)
    assert 'id=a,"src=/x,y/z"' in argv


def test_values_of_arguments_and_secrets_are_in_no_argv(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text(CANARY)
    full = build(args={"TOKEN": CANARY}, secrets={"token": secret})
    assert not [word for word in build_argv(full, "n", {}, BUILDX) if CANARY in word]
    assert build_environment(full, BUILT_IN) == {"DOCKER_BUILDKIT": "1", "TOKEN": CANARY}


@pytest.mark.parametrize("name", ["PATH", "HOME", "DOCKER_HOST", "LD_PRELOAD"])
def test_an_argument_that_would_steer_the_client_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        build_environment(build(args={name: "x"}), BUILT_IN)


def test_a_secret_hides_whole_by_line_and_by_value(tmp_path: Path) -> None:
    secret = tmp_path / "npmrc"
    secret.write_text(f"always=yes\n//npm.example/:_authToken={CANARY}\n")
    values = secret_values(build(secrets={"npmrc": secret}))
    assert values == (f"//npm.example/:_authToken={CANARY}", CANARY, "always=yes")


def test_a_missing_secret_is_told_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(PreflightError, match="build secret pip"):
        secret_values(build(secrets={"pip": tmp_path / "nowhere"}))


OLD = Client("/usr/bin/docker", (20, 10))
BARE = Client("/usr/local/bin/docker", (28, 2))
WITH = Client("/opt/docker", (27, 1), (0, 12))
PODMAN = Client("/usr/bin/docker", None)


@pytest.mark.parametrize(
    ("clients", "argv"),
    [
        ([BARE, OLD], ("/usr/bin/docker", "build")),
        ([OLD, WITH], ("/opt/docker", "buildx", "build")),
        ([PODMAN, WITH], ("/opt/docker", "buildx", "build")),
    ],
)
def test_the_first_client_that_can_is_taken(clients: list[Client], argv: tuple[str, ...]) -> None:
    assert choose(clients).argv == argv


@pytest.mark.parametrize("clients", [[], [BARE], [PODMAN], [Client("/d", (18, 6))]])
def test_without_buildkit_the_remedy_is_buildx(clients: list[Client]) -> None:
    with pytest.raises(PreflightError) as caught:
        choose(clients)
    assert "buildx" in caught.value.remedy
    assert len(caught.value.details) == max(1, len(clients))


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("Docker version 20.10.24+dfsg1, build 297e128", (20, 10)),
        ("github.com/docker/buildx v0.12.1 30feaa1", (0, 12)),
        ("github.com/docker/buildx 0.13.1+ds1 0.13.1", (0, 13)),
        ("podman version 4.3.1", None),
        ("", None),
    ],
)
def test_versions_are_read(text: str, version: tuple[int, int] | None) -> None:
    assert parse_version(text) == version


def tool(folder: Path, script: str) -> Path:
    folder.mkdir()
    path = folder / "docker"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_every_docker_on_path_is_asked_once_and_in_order(tmp_path: Path) -> None:
    bare = tool(
        tmp_path / "a", '[ "$1" = --version ] && echo "Docker version 28.2.2, build e" || exit 1'
    )
    old = tool(tmp_path / "b", 'echo "Docker version 20.10.24, build e"; [ "$1" = --version ]')
    (tmp_path / "c").symlink_to(tmp_path / "a")
    path = f"{tmp_path / 'a'}::{tmp_path / 'b'}:{tmp_path / 'c'}:{tmp_path / 'nowhere'}"
    assert clients_on(path) == (Client(str(bare), (28, 2)), Client(str(old), (20, 10)))


def built(script: str, plan: ImagePlan, tmp_path: Path, **secrets: Path) -> list[Event]:
    """Build with a docker that is `script`, and return what was told before it ended."""
    events: list[Event] = []
    docker = BuildTool((str(tool(tmp_path / "bin", script)), "build"))
    try:
        build_image(plan, build(secrets=secrets), docker, events.append, phase="build", labels={})
    except ShipwayError as error:
        events.append(Note("|".join((error.message, *error.details, error.remedy))))
    return events


def test_lines_and_steps_are_told_as_they_come(plan: ImagePlan, tmp_path: Path) -> None:
    events = built("echo '#1 [1/2] COPY a /a'; echo '#1 DONE 0.1s'", plan, tmp_path)
    assert events == [
        PhaseOutput("build", "#1 [1/2] COPY a /a"),
        PhaseProgress("build", "[1/2] COPY a /a", 0, 2, "steps"),
        PhaseOutput("build", "#1 DONE 0.1s"),
        PhaseProgress("build", "[1/2] COPY a /a", 1, 2, "steps"),
    ]


def test_a_secret_that_a_step_prints_is_in_no_event(plan: ImagePlan, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text(f"{CANARY}\n")
    script = (
        f"echo '#1 [1/1] RUN cat token'; echo '#1 0.1 {CANARY}'; echo '#1 ERROR: {CANARY}'; exit 1"
    )
    events = built(script, plan, tmp_path, token=secret)
    assert "[REDACTED]" in str(events)
    assert CANARY not in str(events)


def test_a_failed_build_is_an_error_with_its_step(plan: ImagePlan, tmp_path: Path) -> None:
    script = "echo '#1 [1/1] RUN make'; echo '#1 0.1 no rule'; echo '#1 ERROR: code 2'; exit 1"
    told = built(script, plan, tmp_path)[-1]
    assert isinstance(told, Note)
    assert told.text.startswith(
        "the image of backend did not build: it failed at [1/1] RUN make|no rule|code 2|correct"
    )


NO_PULL = (
    'case "$*" in *--pull*) echo "#1 [internal] load metadata for python:3"; '
    'echo "#1 ERROR: no such host"; exit 1;; esac; {then}'
)


def test_a_rebuild_without_network_takes_the_base_image_at_hand(
    plan: ImagePlan, tmp_path: Path
) -> None:
    events = built(NO_PULL.format(then="exit 0"), replace(plan, fresh=True), tmp_path)
    (note,) = (event for event in events if isinstance(event, Note))
    assert note.level == "warning"
    assert "python:3" in note.text


def test_a_rebuild_that_fails_anyhow_is_an_error(plan: ImagePlan, tmp_path: Path) -> None:
    script = NO_PULL.format(then="echo '#1 [1/1] RUN x'; echo '#1 ERROR: y'; exit 1")
    told = built(script, replace(plan, fresh=True), tmp_path)[-1]
    assert isinstance(told, Note)
    assert "RUN x" in told.text


def test_build_errors_exit_with_one() -> None:
    assert BuildError("x").exit_code == 1
