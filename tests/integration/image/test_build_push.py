"""A real image, a real engine and a real registry: from a context to a digest."""

import gc
import hashlib
import io
import json
import socket
import tarfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from deploy.config.model import Build
from deploy.errors import BuildError, PreflightError
from deploy.events import Event, Note, PhaseProgress
from deploy.image.apply import ImageResult, apply
from deploy.image.context import context_files, ignore_file, rules_of
from deploy.image.engine import connect, ping
from deploy.image.plan import ImagePlan
from deploy.image.registry import digest_of
from deploy.image.survey import survey
from deploy.target import ServiceTarget
from tests.integration.image.conftest import REVISION
from tests.integration.image.faulty_registry import Fault, faulty_registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient
    from mypy_boto3_ecr import ECRClient

    from tests.integration.image.conftest import Make

pytestmark = [pytest.mark.docker, pytest.mark.ecs]

PLAIN = "FROM scratch\nCOPY message /message\n"
WITH_SHELL = "FROM scratch\nCOPY root /\n"
CANARY = "canary-5d0e7b1c"


@dataclass
class Run:
    """One deployer's hands: plans, applies, and keeps every event."""

    ecr: "ECRClient"
    target: ServiceTarget
    events: list[Event] = field(default_factory=list)

    def plan(self, build: Build, *, rebuild: bool = False) -> ImagePlan:
        return survey(self.ecr, build, self.target, rebuild=rebuild)

    def apply(
        self,
        plan: ImagePlan,
        build: Build,
        docker: "Callable[[], DockerClient]" = connect,
    ) -> ImageResult:
        return apply(
            plan,
            build,
            ecr=self.ecr,
            docker=docker,
            emit=self.events.append,
            clock=time.monotonic,
            sleep=time.sleep,
            revision=REVISION,
        )

    def deploy(self, build: Build, *, rebuild: bool = False) -> ImageResult:
        return self.apply(self.plan(build, rebuild=rebuild), build)


@pytest.fixture
def run(ecr: "ECRClient", target: ServiceTarget) -> Run:
    return Run(ecr, target)


def manifest_of(ecr: "ECRClient", repository: str, tag: str) -> str:
    reply = ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageTag": tag}])
    return reply["images"][0]["imageManifest"]


def test_a_new_source_is_built_pushed_and_named_by_its_digest(
    run: Run, make: "Make", engine: "DockerClient"
) -> None:
    build = make(PLAIN, message="one")
    plan = run.plan(build)
    assert plan.reason == f"no image has source tag {plan.tag}"
    result = run.apply(plan, build)
    manifest = manifest_of(run.ecr, run.target.repository, plan.tag)
    assert result.digest == f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"
    assert result.reference == f"{run.target.repository_url}@{result.digest}"
    assert (result.built, result.pushed) == (True, True)
    labels = engine.images.get(result.reference).labels
    assert labels == {"org.opencontainers.image.revision": REVISION}
    told = [event for event in run.events if isinstance(event, PhaseProgress)]
    assert {event.unit for event in told} == {"steps", "bytes"}


def untouched() -> Any:
    raise AssertionError("Docker was asked for")


def test_an_unchanged_source_is_reused_without_docker(run: Run, make: "Make") -> None:
    build = make(PLAIN, message="one")
    first = run.deploy(build)
    build.dockerfile.touch()
    plan = run.plan(build)
    assert plan.reason == f"source tag {plan.tag} is already in the repository"
    second = run.apply(plan, build, untouched)
    assert (second.reference, second.built, second.pushed) == (first.reference, False, False)


def test_a_changed_file_makes_another_image(run: Run, make: "Make") -> None:
    first = run.deploy(make(PLAIN, message="one"))
    assert run.deploy(make(PLAIN, message="two")).digest != first.digest


def test_after_a_rebuild_the_next_deploy_stays_with_it(run: Run, make: "Make") -> None:
    build = make(PLAIN, message="one")
    first = run.deploy(build)
    rebuilt = run.deploy(build, rebuild=True)
    assert rebuilt.built
    again = run.deploy(build)
    assert (again.digest, again.built) == (rebuilt.digest, False)
    assert run.plan(build, rebuild=True).tag.endswith("-r2")
    assert digest_of(run.ecr, run.target.repository, run.plan(build).tag[:24]) == first.digest


def test_a_build_secret_is_used_and_stays_nowhere(
    run: Run, make: "Make", engine: "DockerClient", tmp_path: Path
) -> None:
    secret = tmp_path / "token"
    secret.write_text(f"{CANARY}\n")
    read = "read -r x < /run/secrets/token; echo got $x; echo ${#x} > /length"
    read += f"; : {run.target.repository}"  # so that no earlier run's cache has this step
    text = f"{WITH_SHELL}RUN --mount=type=secret,id=token,required=true {read}\n"
    build = make(text, with_shell=True)._replace(secrets={"token": secret})
    result = run.deploy(build)
    image = engine.images.get(result.reference)
    saved = b"".join(image.save())
    assert f"{len(CANARY)}\n".encode() in saved  # the step did read it
    assert CANARY.encode() not in saved
    assert CANARY not in json.dumps([image.attrs, image.history()])
    assert "got [REDACTED]" in str(run.events)
    assert CANARY not in str(run.events)


def test_build_arguments_reach_the_build(run: Run, make: "Make", engine: "DockerClient") -> None:
    text = "FROM scratch\nARG GREETING=none\nCOPY message /\nLABEL greeting=$GREETING\n"
    build = make(text, message="")._replace(args={"GREETING": "good day"})
    assert engine.images.get(run.deploy(build).reference).labels["greeting"] == "good day"


@pytest.mark.parametrize(
    ("line", "step", "detail"),
    [
        ("RUN echo so far; echo no good; exit 3", "[2/2] RUN echo so far", "no good"),
        ("COPY nowhere /", "[2/2] COPY nowhere /", "not found"),
        ("RUNN true", "", "unknown instruction: RUNN"),
    ],
)
def test_a_broken_dockerfile_says_which_step_and_pushes_nothing(
    run: Run, make: "Make", line: str, step: str, detail: str
) -> None:
    build = make(f"{WITH_SHELL}{line}\n", with_shell=True)
    with pytest.raises(BuildError) as caught:
        run.deploy(build)
    assert step in caught.value.message
    assert detail in "\n".join(caught.value.details)
    assert "Dockerfile" in caught.value.remedy
    assert run.plan(build).action == "build"


@pytest.mark.parametrize("fault", ["503", "reset"])
def test_a_registry_that_stumbles_gets_the_image_all_the_same(
    run: Run, make: "Make", fault: Fault
) -> None:
    build = make(PLAIN, message="one")
    host, _, port = run.target.repository_url.partition("/")[0].partition(":")
    with faulty_registry((host, int(port)), fault, times=2) as registry:
        run.target = run.target._replace(
            repository_url=f"localhost:{registry.port}/{run.target.repository}"
        )
        result = run.deploy(build)
    assert registry.broken == 2
    assert result.pushed
    assert result.digest == digest_of(run.ecr, run.target.repository, run.plan(build).tag)
    notes = [event.text for event in run.events if isinstance(event, Note)]
    assert len(notes) == 2
    assert "tried again" in notes[0]


def test_two_deploys_of_one_source_end_with_one_image(run: Run, make: "Make") -> None:
    build = make(PLAIN, message="one")
    late = run.plan(build)
    first = run.deploy(build)
    late_build = build._replace(dockerfile=build.dockerfile.with_name("Other"))
    late_build.dockerfile.write_text(f"{PLAIN}LABEL built=later\n")  # another digest, same tag
    result = run.apply(late, late_build)
    assert (result.digest, result.pushed) == (first.digest, False)
    with pytest.raises(BuildError, match="in the meantime"):
        run.apply(replace(late, fresh=True), late_build)


def test_a_missing_repository_is_told_before_the_build(run: Run, make: "Make") -> None:
    run.target = run.target._replace(repository="nowhere")
    with pytest.raises(PreflightError, match="no repository nowhere"):
        run.plan(make(PLAIN, message="one"))


IGNORES = [
    "*.md\n!README.md\n",
    "**/*.py\n!src/deep\n",
    "*\n!src\nsrc/deep\n",
    "[^R]*.md\n/src/deep/../a.py\n",
    "# nothing\n.\n**/deep/*.t?t\n",
]


def counted_and_copied(
    run: Run, make: "Make", engine: "DockerClient", ignore: str
) -> tuple[set[str], set[str]]:
    files = {".dockerignore": ignore, "a.md": "", "README.md": ""}
    build = make("FROM scratch\nCOPY . /\n", **files)
    for name in ("src/a.py", "src/deep/b.py", "src/deep/c.txt"):
        path = build.context / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    image = engine.images.get(run.deploy(build).reference)
    found = ignore_file(build)
    assert found
    counted = set(context_files(build.context, rules_of(found.read_text())))
    return counted, copied(b"".join(image.save()))


@pytest.mark.parametrize("ignore", IGNORES)
def test_the_files_that_count_are_those_that_buildkit_copies(
    run: Run, make: "Make", engine: "DockerClient", ignore: str
) -> None:
    counted, files = counted_and_copied(run, make, engine, ignore)
    assert counted == files


def test_no_copied_file_is_left_out_whatever_the_buildkit(
    run: Run, make: "Make", engine: "DockerClient"
) -> None:
    """BuildKit before 0.10 does not look for `!**/name` in an ignored folder, later ones do."""
    counted, files = counted_and_copied(run, make, engine, "*\n!**/*.py\n")
    assert files <= counted == {"src/a.py", "src/deep/b.py"}


def copied(saved: bytes) -> set[str]:
    """Return the files of the only layer of what `docker save` wrote."""
    with tarfile.open(fileobj=io.BytesIO(saved)) as image:
        manifest = image.extractfile("manifest.json")
        assert manifest
        (layer,) = json.load(manifest)[0]["Layers"]
        with tarfile.open(fileobj=image.extractfile(layer)) as files:
            return {member.name for member in files if not member.isdir()}


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # docker-py leaves its socket
@pytest.mark.parametrize("listening", [True, False])
def test_an_engine_that_is_silent_is_noticed_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listening: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as engine:
        engine.bind("engine")
        if listening:
            engine.listen()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 'engine'}")
        start = time.monotonic()
        with pytest.raises(PreflightError, match="Docker does not answer") as caught:
            ping(connect)
    assert time.monotonic() - start < 30  # docker-py by itself would wait for 60 s
    assert caught.value.remedy
    del caught
    gc.collect()
