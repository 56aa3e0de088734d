"""Runs Terraform: plan, apply, destroy. The decisions are in plan.py, stream.py and changes.py."""

import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from deploy import process
from deploy.config.model import Config
from deploy.errors import PreflightError
from deploy.events import Emit, Note, PhaseEnded, PhaseStarted, PlanShown
from deploy.infra import changes, mirror, stream
from deploy.infra.plan import (
    BUCKET_VARIABLE,
    InfraPlan,
    Workspace,
    apply_argv,
    backend,
    fingerprint,
    init_argv,
    plan_argv,
    settings,
    show_argv,
    variables,
    workspace,
)

TERRAFORM = Path(__file__).parent.parent / "terraform"
REACH_SECONDS = 3.0  # for a local cloud to take a connection
INTERRUPT_SECONDS = 120.0  # for Terraform to end what it began, and to write its state
CHANGED = 2  # exit code of `terraform plan -detailed-exitcode`

Approve = Callable[[InfraPlan], bool]
Clock = Callable[[], float]


def _always(_plan: InfraPlan) -> bool:
    return True


def plan(
    config: Config, emit: Emit, *, destroy: bool = False, clock: Clock = time.monotonic
) -> InfraPlan:
    """Return what an apply (or a destroy) would change; nothing is written but local files.

    Raises PreflightError if Terraform, the local cloud, credentials or the state's bucket are
    missing, ToolError with Terraform's own diagnostics for all else.
    """
    with _prepared(config, emit, clock) as run:
        return _plan(run, destroy=destroy)


def apply(
    config: Config, emit: Emit, *, approve: Approve = _always, clock: Clock = time.monotonic
) -> InfraPlan:
    """Plan, ask `approve`, and apply exactly that plan. Returns it, without changes if refused.

    Raises as `plan` does.
    """
    with _prepared(config, emit, clock) as run:
        return _apply(run, approve, destroy=False)


def destroy(
    config: Config, emit: Emit, *, approve: Approve = _always, clock: Clock = time.monotonic
) -> InfraPlan:
    """Plan the end of everything in the state, ask `approve`, and do it. Raises as `plan` does."""
    with _prepared(config, emit, clock) as run:
        return _apply(run, approve, destroy=True)


def forget(config: Config) -> None:
    """Drop a local state whose cloud is gone: none of what it lists exists any more.

    On AWS, where the state is in S3, this does nothing.
    """
    environments = TERRAFORM / "environments"
    space = workspace(config, environments, {path.name for path in environments.iterdir()})
    for path in (space.state, space.state.with_suffix(".tfstate.backup")):
        path.unlink(missing_ok=True)


@dataclass
class Run:
    """One environment's Terraform, ready to be called."""

    space: Workspace
    env: dict[str, str]
    emit: Emit
    clock: Clock
    done: int = 0
    found: list[stream.Message] = field(default_factory=list)

    def call(self, argv: tuple[str, ...], receive: Callable[[stream.Message], None]) -> int:
        """Run `argv`, passing on its messages. Returns the exit code, 0 or 2; raises on 1."""
        diagnostics: list[stream.Diagnostic] = []
        rest: list[str] = []

        def on_line(line: str) -> None:
            message = stream.parse(line)
            if message is None:
                rest.append(line)
            elif found := stream.diagnostic(message):
                diagnostics.append(found)
            else:
                receive(message)

        code = process.run(
            argv,
            cwd=self.space.root,
            env=self.env,
            on_line=on_line,
            ok_codes=frozenset({0, 1, CHANGED}),
            stop=signal.SIGINT,  # SIGTERM would end the provider before its work is in the state
            grace=INTERRUPT_SECONDS,
        )
        if code == 1:
            wrote = argv[1] == "apply"
            raise stream.failure(" ".join(argv[:2]), diagnostics, rest, wrote=wrote)
        return code

    @contextmanager
    def phase(self, name: str, detail: str = "") -> Iterator[list[str]]:
        """Tell of a phase's start and end. The block may append how it ended to the list."""
        self.emit(PhaseStarted(name, detail))
        started = self.clock()
        outcome: list[str] = []
        try:
            yield outcome
        except BaseException:
            self.emit(PhaseEnded(name, ok=False, seconds=self.clock() - started))
            raise
        seconds = self.clock() - started
        self.emit(PhaseEnded(name, ok=True, seconds=seconds, detail="".join(outcome)))


def _ignore(_message: stream.Message) -> None:
    pass


@contextmanager
def _prepared(config: Config, emit: Emit, clock: Clock) -> Iterator[Run]:
    """Yield a run that is initialised; its saved plan, which holds every value, goes at the end."""
    if not shutil.which("terraform"):
        raise PreflightError(
            "terraform is not installed",
            remedy="install Terraform 1.11 or later: https://developer.hashicorp.com/terraform/install",
        )
    _reach(config.environment.endpoint)
    environments = TERRAFORM / "environments"
    space = workspace(config, environments, {path.name for path in environments.iterdir()})
    run = Run(space, settings(config, space), emit, clock)
    space.data.mkdir(parents=True, exist_ok=True)
    space.variables.write_text(json.dumps(variables(config), indent=2) + "\n", encoding="utf-8")
    try:
        _init(run, config)
        yield run
    finally:
        space.saved_plan.unlink(missing_ok=True)


def _reach(endpoint: str | None) -> None:
    """Raise PreflightError if nothing listens there: the provider would retry for minutes."""
    if not endpoint:
        return
    url = urlsplit(endpoint)
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        socket.create_connection((url.hostname or "", port), timeout=REACH_SECONDS).close()
    except OSError as error:
        raise PreflightError(
            f"the local cloud does not answer at {endpoint} ({error})",
            remedy="start it: invoke cloud.up",
        ) from error


def _init(run: Run, config: Config) -> None:
    """`terraform init`, unless it was done for the same files, backend and mirror already."""
    given = backend(config, run.space, _bucket(config))
    extra = (_provider_source(run), json.dumps(given, sort_keys=True))
    if _initialised(run.space, extra):
        return
    with run.phase("prepare Terraform", "provider and modules"):
        run.call(init_argv(given), _ignore)
    run.space.fingerprint.write_text(_fingerprint(run.space, extra), encoding="utf-8")


def _bucket(config: Config) -> str:
    """Return the state's bucket, from where every variable comes."""
    from dotenv import dotenv_values

    name = config.environment.name
    files = (config.root / ".env", config.root / f".env.{name}")
    known = {key: value for path in files for key, value in dotenv_values(path).items()}
    return os.environ.get(BUCKET_VARIABLE) or known.get(BUCKET_VARIABLE) or ""


def _provider_source(run: Run) -> str:
    """Point Terraform at a mirror or a cache, if the user has not. Returns what was chosen."""
    if mirror.wanted(os.environ, Path.home()):
        found = mirror.find(mirror.roots(os.environ, Path.home()), mirror.this_platform())
        if found:
            run.space.mirror_config.write_text(mirror.configuration(found), encoding="utf-8")
            run.env["TF_CLI_CONFIG_FILE"] = str(run.space.mirror_config)
            return str(found)
    if "TF_PLUGIN_CACHE_DIR" not in os.environ:
        cache = run.space.folder.parent / "plugins"  # shared by the environments: it is 700 MB
        cache.mkdir(exist_ok=True)
        run.env["TF_PLUGIN_CACHE_DIR"] = str(cache)
    return "as configured"


def _initialised(space: Workspace, extra: tuple[str, ...]) -> bool:
    pattern = "providers/registry.terraform.io/hashicorp/aws/*/*/terraform-provider-aws*"
    return (
        space.fingerprint.is_file()
        and any(path.exists() for path in space.data.glob(pattern))
        and space.fingerprint.read_text(encoding="utf-8") == _fingerprint(space, extra)
    )


def _fingerprint(space: Workspace, extra: tuple[str, ...]) -> str:
    lock = space.root / ".terraform.lock.hcl"
    sources = [*space.root.glob("*.tf"), *(TERRAFORM / "modules").rglob("*.tf")]
    files = {str(path): path.read_bytes() for path in (*sources, lock) if path.is_file()}
    return fingerprint(files, *extra)


def _plan(run: Run, *, destroy: bool) -> InfraPlan:
    """Plan into the saved plan, and show it unless it is empty."""
    title = "destroy" if destroy else "infrastructure"

    def receive(message: stream.Message) -> None:
        if change := stream.planned(message):
            run.found.append(change)

    with run.phase("plan infrastructure", run.space.folder.name) as outcome:
        run.call(plan_argv(run.space, destroy=destroy), receive)
        detailed = _details(run) if changes.needs_details(run.found) else {}
        result = InfraPlan(changes.changes(run.found, detailed))
        outcome.append(f"{len(result.changes)} to change" if result.changes else "up to date")
    if result.changes:
        run.emit(PlanShown(f"{title} ({run.space.folder.name})", result.changes))
    return result


def _details(run: Run) -> dict[str, changes.Detail]:
    """Ask for the saved plan in full: another second, so only where attributes change."""
    lines: list[str] = []
    process.run(show_argv(run.space), cwd=run.space.root, env=run.env, on_line=lines.append)
    shown: Any = next((json.loads(line) for line in lines if line.startswith("{")), {})
    return changes.details(shown)


def _apply(run: Run, approve: Approve, *, destroy: bool) -> InfraPlan:
    result = _plan(run, destroy=destroy)
    if not result.changes:
        run.emit(Note("nothing to destroy" if destroy else "the infrastructure is up to date"))
        return result
    if not approve(result):
        run.emit(Note("not approved: nothing was changed", level="warning"))
        return InfraPlan(())
    phase = "destroy infrastructure" if destroy else "apply infrastructure"
    total = sum(2 if change["action"] == "replace" else 1 for change in run.found)
    with run.phase(phase, run.space.folder.name) as outcome:
        run.call(apply_argv(run.space), lambda message: _tell(run, message, phase, total))
        outcome.append(f"{len(result.changes)} changed")
    return result


def _tell(run: Run, message: stream.Message, phase: str, total: int) -> None:
    run.done += stream.ended(message)
    if event := stream.progress(message, phase, run.done, total):
        run.emit(event)
