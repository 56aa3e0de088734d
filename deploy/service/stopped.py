"""What a stopped task says: why it stopped, and what to do about it. Pure.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.service.observation import brief, failed, seconds

Reply = Mapping[str, Any]

KILLED = 137  # 128 + SIGKILL

# What a shell and the kernel say by an exit code.
# https://tldp.org/LDP/abs/html/exitcodes.html
EXIT_CODES = {
    0: "it ended by itself, and a service must not",
    126: "its command is not executable",
    127: "its command was not found",
    KILLED: "killed (SIGKILL)",
    139: "it crashed (segmentation fault)",
    143: "terminated (SIGTERM)",
}


@dataclass(frozen=True)
class Diagnosis:
    """What one stopped task says: one sentence, the container that died, what to do."""

    summary: str
    container: str
    advice: str


def diagnose(task: Reply, service: str) -> Diagnosis:
    """Say why a stopped task (an entry of DescribeTasks) stopped."""
    container = _dead_container(task, service)
    name = str(container.get("name", service))
    reason = str(container.get("reason") or task.get("stoppedReason") or "")
    code = container.get("exitCode")
    text = f"{reason} {task.get('stoppedReason', '')}".lower()
    if "outofmemory" in text or "out of memory" in text:
        summary = f"container {name} was killed: out of memory (exit code {code})"
        advice = f"raise `memory` of [services.{service}] in deploy.toml, or use less of it"
    elif "health check" in text:
        summary = brief(str(task.get("stoppedReason") or reason))
        advice = f"look at what `health` of [services.{service}] answers, and how soon"
    elif task.get("stopCode") == "TaskFailedToStart" or code is None:
        summary = f"the task could not start: {reason or task.get('stopCode', 'no reason given')}"
        advice = _start_advice(text)
    else:
        meaning = EXIT_CODES.get(code)
        summary = f"container {name} exited with code {code}" + (f": {meaning}" if meaning else "")
        advice = _exit_advice(code, service)
    return Diagnosis(summary, name, advice)


def _dead_container(task: Reply, service: str) -> Reply:
    """The container that took the task along: the one with a failure, else the service's own."""
    containers: Sequence[Reply] = task.get("containers", [])
    own = [entry for entry in containers if entry.get("name") == service]
    ranked = own + [entry for entry in containers if entry.get("name") != service]
    dead = [entry for entry in ranked if entry.get("exitCode") or entry.get("reason")]
    return next(iter(dead or ranked), {})


def _start_advice(text: str) -> str:
    if "cannotpullcontainer" in text or "pull" in text:
        return "check that the image is in the registry and that tasks reach it"
    if "resourceinitialization" in text or "secret" in text:
        return "check that the secrets exist and that the execution role may read them"
    return "the reason above says what is missing"


def _exit_advice(code: int, service: str) -> str:
    if code == KILLED:
        return f"often memory: raise `memory` of [services.{service}]; or it ignored SIGTERM"
    return "run the image on your machine: `docker run` shows the same error"


def worst(tasks: Sequence[Reply]) -> Reply | None:
    """Return the stopped task that tells most: out of memory, exits, starts, health checks.

    Of equal ones, the newest.
    """
    dead = [task for task in tasks if failed(task)]
    return max(dead, key=_weight, default=None)


def _weight(task: Reply) -> tuple[int, float]:
    reasons = [str(entry.get("reason", "")) for entry in task.get("containers", [])]
    text = " ".join([*reasons, task.get("stoppedReason", "")]).lower()
    at = seconds(task.get("stoppedAt") or task.get("createdAt"))
    if "outofmemory" in text or "out of memory" in text:
        return 3, at
    return (1 if "health check" in text else 2), at
