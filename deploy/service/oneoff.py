"""A task beside a service: what is asked of ECS, where its lines go, how it ended. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy.errors import ConfigError, PreflightError
from deploy.service.operation import is_bootstrap
from deploy.service.plan import ServiceState
from deploy.service.stopped import diagnose
from deploy.target import ServiceTarget

Reply = Mapping[str, Any]

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html
MOST_OVERRIDES = 8192  # characters
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
STARTED_BY = 128  # characters
NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9/_-]")
# How a service starts its tasks; a task beside it starts in the same way.
KEPT = ("networkConfiguration", "platformVersion")
# Why a task ends whose command has not: whatever its exit code, it was not done.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html
CUT_OFF = frozenset({"UserInitiated", "SpotInterruption", "TerminationNotice"})


@dataclass(frozen=True)
class OneOff:
    """A command, word by word. `cpu` and `memory` are Fargate's, "" for those of the service."""

    command: tuple[str, ...]
    cpu: str = ""
    memory: str = ""


@dataclass(frozen=True)
class LogPlace:
    """The stream that a container writes to."""

    group: str
    prefix: str
    container: str

    def stream(self, task_arn: str) -> str:
        """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html"""
        return f"{self.prefix}/{self.container}/{task_arn.rpartition('/')[2]}"


@dataclass(frozen=True)
class Ended:
    """The exit code to return, and why the task did not do its work ("" if it did).

    `stopped` if it was us who ended it.
    """

    code: int
    reason: str = ""
    advice: str = ""
    stopped: bool = False


def released(place: ServiceTarget, state: ServiceState) -> Reply:
    """Return the task definition of the service's release. Raises PreflightError without one."""
    if state.running is None or is_bootstrap(state.running):
        raise PreflightError(
            f"the service {place.name} has no release yet: there is no image to run",
            remedy=f"deploy it first: `invoke deploy --only {place.name}`",
        )
    return state.running


def request(
    cluster: str, place: ServiceTarget, state: ServiceState, wanted: OneOff, who: str
) -> dict[str, Any]:
    """Return the input of RunTask: the service's release and network, another command.

    Raises ConfigError for a command that ECS would not take, PreflightError without a release.
    """
    definition = str(released(place, state)["taskDefinitionArn"])
    return request_of(cluster, place.name, definition, state.service, wanted, name=started_by(who))


def request_of(
    cluster: str, container: str, definition: str, service: Reply, wanted: OneOff, *, name: str
) -> dict[str, Any]:
    """Return the input of RunTask for a task definition (ARN) that need not run yet.

    `service` is an entry of DescribeServices, `name` what the task is started by. Raises
    ConfigError for a command that ECS would not take.
    """
    return {
        "cluster": cluster,
        "taskDefinition": definition,
        "count": 1,
        "startedBy": name,
        "overrides": _overrides(container, wanted),
        **{key: service[key] for key in KEPT if service.get(key)},
        **_capacity(service),
    }


def started_by(who: str) -> str:
    """Return a name that ECS takes, such as `shipway/run/ada`."""
    return NOT_IN_A_NAME.sub("_", f"shipway/run/{who}")[:STARTED_BY]


def _capacity(service: Reply) -> dict[str, Any]:
    """A strategy and a launch type exclude each other."""
    if strategy := service.get("capacityProviderStrategy"):
        return {"capacityProviderStrategy": strategy}
    return {"launchType": service.get("launchType") or "FARGATE"}


def _overrides(container: str, wanted: OneOff) -> dict[str, Any]:
    if not wanted.command:
        raise ConfigError("nothing to run", remedy='give --command "...", or the words after --')
    if sum(map(len, wanted.command)) > MOST_OVERRIDES:
        raise ConfigError(
            f"the command is longer than the {MOST_OVERRIDES} characters that ECS takes",
            remedy="put it into the image as a script, and run that",
        )
    sizes = {"cpu": wanted.cpu, "memory": wanted.memory}
    return {
        "containerOverrides": [{"name": container, "command": list(wanted.command)}],
        **{key: _size(key, text) for key, text in sizes.items() if text},
    }


def _size(option: str, text: str) -> str:
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise ConfigError(f"--{option} {text} is no size", remedy=f"such as --{option} 1024")
    return text


def log_place(definition: Reply, container: str) -> LogPlace | None:
    """Return where a container's lines can be read, None if its log driver keeps them elsewhere."""
    entries = definition.get("containerDefinitions", [])
    entry: Reply = next((each for each in entries if each.get("name") == container), {})
    configuration = entry.get("logConfiguration") or {}
    options = configuration.get("options") or {}
    prefix = options.get("awslogs-stream-prefix")
    if configuration.get("logDriver") != "awslogs" or not prefix:
        return None
    return LogPlace(str(options["awslogs-group"]), str(prefix), container)


def ended(task: Reply, container: str) -> Ended:
    """Say how a stopped task (an entry of DescribeTasks) ended.

    One that never started, or of whose command no exit code is known, has failed.
    """
    entries = [each for each in task.get("containers", []) if each.get("name") == container]
    code = next((each.get("exitCode") for each in entries), None)
    if code is None or task.get("stopCode") == "TaskFailedToStart":
        found = diagnose({**task, "stopCode": "TaskFailedToStart"}, container)
        return Ended(code or 1, found.summary, found.advice)
    if task.get("stopCode") in CUT_OFF:
        reason = str(task.get("stoppedReason") or task["stopCode"])
        return Ended(code or 1, f"the task was stopped before it was done: {reason}")
    if code == 0:
        return Ended(0)
    found = diagnose(task, container)
    return Ended(int(code), found.summary, found.advice if code in (126, 127, 137) else "")
