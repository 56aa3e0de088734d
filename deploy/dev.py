"""`invoke dev`: the services and their database on this machine, without a cloud, until Ctrl-C.

Joins image/ (the image is built as a deploy builds it), compose/ and the local cloud's state.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy import dev_lines, process
from deploy.compose import containers, stack, tool
from deploy.compose.stack import Stack
from deploy.config.load import variables
from deploy.config.model import Config, Service
from deploy.dev_ports import ports_of, refuse_taken
from deploy.errors import ConfigError, PreflightError, ToolError
from deploy.events import Emit, Finished, Note, PhaseEnded, PhaseOutput, PhaseStarted
from deploy.image import engine
from deploy.machine import check_buildkit

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

TAG = "dev"
READY_SECONDS = 60.0
POLL_SECONDS = 0.2
AGAIN = "`invoke dev` starts it again"

Clock = Callable[[], float]
Sleep = Callable[[float], None]


@dataclass(frozen=True)
class DevOptions:
    """What `invoke dev` was asked for. A port of 0 is one that was not given."""

    down: bool = False
    reset: bool = False  # the data too
    as_shipped: bool = False  # the image's own files, and no reload
    port: int = 0  # of the first service
    database_port: int = 0
    as_json: bool = False


def dev(
    config: Config,
    options: DevOptions,
    emit: Emit,
    *,
    clock: Clock = time.monotonic,
    sleep: Sleep = time.sleep,
) -> int:
    """Build, start, migrate, and show what the containers write until Ctrl-C; then remove them.

    Returns 0 after Ctrl-C, when it has run, and after `down` or `reset`, which only remove what an
    earlier run has left. Raises PreflightError if this machine lacks something, a port is taken or
    it runs already, BuildError if the image does not build, ToolError if a container does not start
    or ends by itself.
    """
    with closing(engine.ping()) as client:
        found = stack_of(config, options)
        run = Development(config, found, client, options, emit, clock, sleep)
        return run.remove() if options.down or options.reset else run.run()


def stack_of(config: Config, options: DevOptions) -> Stack:
    """Return how Compose is called: with deploy.toml's variables, so that both files agree.

    Raises ConfigError without a compose.yaml, PreflightError without Compose.
    """
    if not (config.root / stack.FILE).is_file():
        raise ConfigError(
            f"there is no {stack.FILE} in {config.root}",
            remedy="docs/development.md tells what `invoke dev` expects there",
        )
    known = variables(config.root, config.environment.name)
    images = {
        stack.variable(each.image or name, "IMAGE"): image_of(config, each)
        for name, each in config.services.items()
    }
    ports = ports_of(config, known, options.port, options.database_port)
    told = {key: str(port) for key, port in ports.items()}
    project = stack.project_name(config.root, known)
    # PWD, because Compose takes the folder's name from there, where a link may have led to it.
    given = {**known, **images, **told, "PWD": str(config.root)}
    return Stack(tool.find(), config.root, project, given, options.as_shipped)


def image_of(config: Config, service: Service) -> str:
    """Return the name of the image that a service runs in development."""
    return f"{config.project}-{service.image or service.name}:{TAG}"


@dataclass(frozen=True)
class Development:
    """One `invoke dev`. `clock` and `sleep` are in seconds."""

    config: Config
    stack: Stack
    client: "DockerClient"
    options: DevOptions
    emit: Emit
    clock: Clock
    sleep: Sleep

    def run(self) -> int:
        """Do all of it, until Ctrl-C; see `dev`."""
        started = self.clock()
        self._check()
        self._build()
        with self._removed_at_the_end():
            self._start()
            self._wait()
            self._tell(self.clock() - started)
            self._show()
        seconds = self.clock() - started
        self.emit(Finished("stopped", 0, seconds, "no container is left", next_step=AGAIN))
        return 0

    def remove(self) -> int:
        """Remove the containers that an earlier run has left; if asked for, the data too."""
        started = self.clock()
        self._refuse_foreign()
        self._down(data=self.options.reset)
        summary = "its data is gone too" if self.options.reset else "the data stays"
        self.emit(Finished("gone", 0, self.clock() - started, summary, next_step=AGAIN))
        return 0

    def _check(self) -> None:
        """Raise PreflightError for what would only come out after the build."""
        check_buildkit()
        self._refuse_foreign()
        self._refuse_running()
        wanted = ports_of(self.config, self.stack.environment)
        refuse_taken(self.config, wanted, self.client)

    def _containers(self) -> list["Container"]:
        return containers.of_project(self.client, self.stack.project)

    def _refuse_foreign(self) -> None:
        """Raise PreflightError if Compose would take the containers of another clone for ours."""
        folder = next(map(containers.folder_of, self._containers()), "")
        if folder and os.path.realpath(folder) != os.path.realpath(self.stack.root):
            raise PreflightError(
                f"the containers of Compose's project {self.stack.project} are of {folder}",
                remedy=f"`invoke dev --down` there, or set {stack.PROJECT} here to another name",
            )

    def _refuse_running(self) -> None:
        names = [str(each.name) for each in self._containers() if each.status == "running"]
        if names:
            raise PreflightError(
                f"it runs already: {', '.join(names)}",
                remedy="`invoke dev --down` stops it; the data stays",
            )

    def _build(self) -> None:
        """Build each image as a deploy does, and let go of the one that had its name before."""
        from deploy.image.apply import build_only
        from deploy.image.plan import ImagePlan

        for name, service in self.config.services.items():
            if service.image:
                continue
            repository = image_of(self.config, service).removesuffix(f":{TAG}")
            plan = ImagePlan(name, repository, repository, TAG, "build", "for development")
            with self._one_image(plan.name):
                build_only(
                    plan, service.build, docker=engine.connect, emit=self.emit, clock=self.clock
                )

    @contextmanager
    def _one_image(self, name: str) -> Iterator[None]:
        """Remove the image that a name stood for before, if it stands for another now."""
        from docker.errors import APIError

        before = self._image_id(name)
        yield
        if before and before != self._image_id(name):
            with suppress(APIError):  # it has another name still, or somebody else's container
                self.client.images.remove(before)

    def _image_id(self, name: str) -> str:
        from docker.errors import ImageNotFound

        try:
            return str(self.client.images.get(name).id)
        except ImageNotFound:
            return ""

    @contextmanager
    def _removed_at_the_end(self) -> Iterator[None]:
        """Whatever happens, no container stays."""
        try:
            yield
        finally:
            try:
                self._down()
            except KeyboardInterrupt:  # once more: nobody wants to wait for the end of requests
                self._down(at_once=True)

    def _down(self, *, data: bool = False, at_once: bool = False) -> None:
        self._compose("stop", self.stack.down(data=data, at_once=at_once))

    def _compose(self, phase: str, argv: tuple[str, ...]) -> None:
        started, ok = self.clock(), False

        def receive(line: str) -> None:
            self.emit(PhaseOutput(phase, line))

        self.emit(PhaseStarted(phase))
        try:
            process.run(argv, cwd=self.stack.root, env=self.stack.environment, on_line=receive)
            ok = True
        finally:
            self.emit(PhaseEnded(phase, ok=ok, seconds=self.clock() - started))

    def _start(self) -> None:
        """Start everything in its order, the migrations too. Raises ToolError with the cause."""
        try:
            self._compose("start", self.stack.up())
        except ToolError:
            self._refuse_ended()
            raise

    def _refuse_ended(self) -> None:
        """Raise ToolError, with its last lines, for a container that ended with an error."""
        for end, lines in containers.failed(self.client, self.stack.project).items():
            remedy = "mend what its lines tell, and run `invoke dev` again"
            raise ToolError(end.told, details=lines, remedy=remedy)

    def _wait(self) -> None:
        """Wait until every service answers for its health. One that does not is told, not ended:
        its lines say why, and it starts anew when its files change.
        """
        started = self.clock()
        self.emit(PhaseStarted("health", ", ".join(self.config.services)))
        silent = self._health_urls()
        while silent and self.clock() - started < READY_SECONDS:
            self._refuse_ended()
            silent = {name: url for name, url in silent.items() if not dev_lines.answers(url)}
            self.sleep(POLL_SECONDS if silent else 0)
        self.emit(PhaseEnded("health", ok=not silent, seconds=self.clock() - started))
        for name, url in silent.items():
            text = f"{name} does not answer at {url}; its lines tell why"
            self.emit(Note(text, level="warning"))

    def _health_urls(self) -> dict[str, str]:
        ports = ports_of(self.config, self.stack.environment)
        return {
            name: f"http://127.0.0.1:{ports[stack.variable(name, 'PORT')]}{service.health}"
            for name, service in self.config.services.items()
            if service.health
        }

    def _tell(self, seconds: float) -> None:
        """Tell where everything answers."""
        urls = dev_lines.addresses(self.config, self._containers())
        shipped = self.stack.as_shipped
        summary = "as it ships" if shipped else "a changed file starts the service anew"
        step = "Ctrl-C stops it; the data stays"
        self.emit(Finished("ready", 0, seconds, summary, urls, step))

    def _show(self) -> None:
        """Show what the containers write, until Ctrl-C. Raises ToolError if a service ends."""
        there, services = self._containers(), set(self.config.services)
        # How a database came up is forty lines that nobody reads; a migration's count.
        known = {containers.service_of(each) for each in there if each.status == "running"}
        told = containers.follow(there, from_now=known - services)
        with suppress(KeyboardInterrupt):
            dev_lines.show(told, services, as_json=self.options.as_json)
