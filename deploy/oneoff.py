"""One command on a service's release, in a task of its own: `invoke run`.

It takes no lock, and a deploy may go on beside it: it changes nothing of the environment itself.
What the command does to a database is the command's.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import random
from typing import TYPE_CHECKING

from deploy.aws import Aws
from deploy.command import conclude
from deploy.config.model import Config
from deploy.environment import find_service, read_target, service_place
from deploy.events import (
    Emit,
    Failure,
    Finished,
    Note,
    PhaseEnded,
    PhaseOutput,
    PhaseStarted,
)
from deploy.locking import this_run
from deploy.outcome import Outcome
from deploy.service.effects import Effects
from deploy.service.oneoff import Ended, OneOff, log_place, released, request
from deploy.target import ServiceTarget, Target

if TYPE_CHECKING:
    from deploy.service.runtask import RunTask

NO_LOG = "its log driver is not awslogs: what it writes can't be shown here"


@dataclass(frozen=True)
class RunOptions:
    """What `invoke run` was asked for. `command` is a list of words, run as they are; `timeout` in
    seconds; `cpu` (1/1024 vCPU) and `memory` (MiB) "" for those of the service.
    """

    command: tuple[str, ...]
    service: str = "backend"
    timeout: float = 3600
    cpu: str = ""
    memory: str = ""
    as_json: bool = False


def run(
    config: Config,
    options: RunOptions,
    emit: Emit,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Run the command in a task on the service's task definition, network and roles.

    What it writes is shown as it comes. Returns the container's exit code; 1 for a task that did
    not start or ended without one, 6 for one that took longer than its time, 130 after Ctrl-C:
    these two are stopped. The service needs a release, but no task of it has to run. Raises
    ConfigError or PreflightError before anything is started, ToolError if ECS does not start it.
    """
    find_service(config, options.service)
    aws = Aws(config)
    aws.check_account()
    target = read_target(aws)
    place = service_place(target, options.service)
    clients = (aws.client("ecs"), aws.client("logs"))
    task = prepared(target, place, options, Effects(*clients, emit, clock, sleep, random))
    started = clock()
    emit(PhaseStarted(task.phase, str(task.request["taskDefinition"]).rpartition("/")[2]))
    if task.log is None:
        emit(Note(NO_LOG, "warning"))
    ended = task.run(options.timeout)
    emit(PhaseEnded(task.phase, ok=not ended.code, seconds=clock() - started, detail=_how(ended)))
    return _told(place.name, ended, emit, clock() - started)


def prepared(
    target: Target, place: ServiceTarget, options: RunOptions, effects: Effects
) -> "RunTask":
    """Return the task, not started yet. Raises as `run` does before it starts anything."""
    from deploy.service.describe import read_states
    from deploy.service.runtask import RunTask

    state = read_states(effects.ecs, target, [place.name])[place.name]
    wanted = OneOff(options.command, options.cpu, options.memory)
    asked = request(target.cluster, place, state, wanted, who=this_run().by)
    phase = f"run {place.name}"
    return RunTask(
        effects,
        asked,
        place.name,
        log_place(released(place, state), place.name),
        _shown(effects.emit, phase, as_json=options.as_json),
        phase,
    )


def _shown(emit: Emit, phase: str, *, as_json: bool) -> Callable[[str], None]:
    """A person sees the command's lines as they are, and all of them; a phase's own move on."""
    if as_json:
        return lambda line: emit(PhaseOutput(phase, line))
    return lambda line: emit(Note(line))


def _how(ended: Ended) -> str:
    return ended.reason or f"exited with code {ended.code}"


def _told(name: str, ended: Ended, emit: Emit, seconds: float) -> int:
    known = {each.exit_code: each for each in (Outcome.TIMED_OUT, Outcome.INTERRUPTED)}
    outcome = Outcome.FAILED if ended.code else Outcome.SUCCEEDED
    if ended.stopped:
        outcome = known[ended.code]
    if ended.reason:
        emit(Failure(f"{name}: {ended.reason}", (), ended.advice))
    summary = "" if ended.reason else f"the command exited with code {ended.code}"
    return conclude(emit, Finished(outcome.label, ended.code, seconds, summary))
