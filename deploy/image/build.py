"""Build an image with BuildKit: the command as data, and the one place that runs it."""

import csv
import io
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from deploy import process
from deploy.config.model import Build
from deploy.errors import BuildError, ConfigError, PreflightError, ToolError
from deploy.events import Emit, Note, PhaseOutput, PhaseProgress
from deploy.image.buildlog import BuildLog, Failed, base_image, remedy
from deploy.image.plan import ImagePlan
from deploy.image.tool import ATTESTS, BuildTool

REVISION = "org.opencontainers.image.revision"  # OCI image-spec, annotations.md
SHORTEST_SECRET = 6  # characters; anything shorter would blot out half of the output


def build_argv(
    build: Build,
    name: str,
    labels: Mapping[str, str],
    tool: BuildTool,
    *,
    fresh: bool = False,
    pull: bool = False,
    attest: bool = False,
    progress: str = "plain",
) -> tuple[str, ...]:
    """Return the command that builds `build` as the image `name` (repository:tag).

    It holds paths and names only: a build argument's value comes from the environment, a secret's
    from its file. `fresh` uses no cache, `pull` looks for newer base images, and `attest` adds
    provenance where buildx can (an engine with the containerd image store).
    """
    argv = [*tool.argv, "--platform", build.platform, "--file", str(build.dockerfile)]
    argv += ["--tag", name, f"--progress={progress}"]
    if tool.buildx:
        argv.append("--load")
    if tool.buildx and tool.buildx >= ATTESTS:
        argv.append("--provenance=mode=min" if attest else "--provenance=false")
    argv += ["--no-cache"] * fresh + ["--pull"] * pull
    for key in sorted(build.args):
        argv += ["--build-arg", key]
    for identity, path in sorted(build.secrets.items()):
        argv += ["--secret", _fields(f"id={identity}", f"src={path}")]
    for key, value in sorted(labels.items()):
        argv += ["--label", f"{key}={value}"]
    return (*argv, str(build.context))


def _fields(*fields: str) -> str:
    """Join as the one line of CSV that BuildKit reads, so a path may hold a comma."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(fields)
    return line.getvalue()


def build_environment(build: Build, tool: BuildTool) -> dict[str, str]:
    """Return what to add to the environment of the command that `build_argv` returns.

    Raises ConfigError for a build argument whose name the docker client itself obeys.
    """
    taken = [name for name in build.args if _obeyed(name)]
    if taken:
        raise ConfigError(
            f"build argument {', '.join(sorted(taken))}: the docker client reads this name itself",
            remedy="rename the ARG in the Dockerfile and in deploy.toml",
        )
    return {**tool.environment, **build.args}


def _obeyed(name: str) -> bool:
    return name in {"PATH", "HOME"} or name.startswith(("DOCKER_", "BUILDX_", "LD_", "DYLD_"))


def secret_values(build: Build) -> tuple[str, ...]:
    """Return every text that the output must not show: each secret's lines and values.

    Raises PreflightError if a secret's file can't be read.
    """
    texts: set[str] = set()
    for identity, path in build.secrets.items():
        texts.update(_parts(_read(identity, path)))
    kept = (text for text in texts if len(text) >= SHORTEST_SECRET)
    return tuple(sorted(kept, key=len, reverse=True))


def _read(identity: str, path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError as error:
        raise PreflightError(
            f"the build secret {identity} can't be read: {path}: {error.strerror}",
            remedy="make the file, or correct its path in deploy.toml",
        ) from error


def _parts(text: str) -> Iterable[str]:
    for line in text.splitlines():
        yield line.strip()
        yield line.rpartition("=")[2].strip()


def build_image(
    plan: ImagePlan,
    build: Build,
    tool: BuildTool,
    emit: Emit,
    *,
    phase: str,
    labels: Mapping[str, str],
    attest: bool = False,
) -> None:
    """Build `plan.name` into the engine, telling each line and step to `emit` under `phase`.

    A fresh build pulls its base images again; if they can't be pulled it says so and takes the
    engine's own. Raises BuildError with the failing step and its last lines, PreflightError or
    ConfigError before anything runs.
    """
    secrets = secret_values(build)
    environment = build_environment(build, tool)

    def attempt(*, pull: bool) -> Failed | None:
        argv = build_argv(
            build, plan.name, labels, tool, fresh=plan.fresh, pull=pull, attest=attest
        )
        return _run(argv, environment, secrets, emit, phase)

    failed = attempt(pull=plan.fresh)
    if failed and plan.fresh and (image := base_image(failed)):
        text = f"the base image {image} can't be pulled again; the engine's own copy is used"
        emit(Note(text, level="warning"))
        failed = attempt(pull=False)
    if failed:
        raise _error(plan.service, build.dockerfile, failed)


def _run(
    argv: tuple[str, ...],
    environment: Mapping[str, str],
    secrets: tuple[str, ...],
    emit: Emit,
    phase: str,
) -> Failed | None:
    log = BuildLog()

    def receive(line: str) -> None:
        step = log.read(line)
        if line:
            emit(PhaseOutput(phase, line))
        if step:
            emit(PhaseProgress(phase, step, log.done, log.total, "steps"))

    try:
        process.run(argv, env=environment, secrets=secrets, on_line=receive)
    except ToolError:
        return log.failed()
    return None


def _error(service: str, dockerfile: Path, failed: Failed) -> BuildError:
    at = f" at {failed.step}" if failed.step else ""
    return BuildError(
        f"the image of {service} did not build: it failed{at}",
        details=(*failed.lines, failed.cause),
        remedy=remedy(failed, os.path.relpath(dockerfile)),
    )
