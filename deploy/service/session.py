"""A command in a running container: which task, which argv, and how it ended. Pure."""

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from deploy.errors import PreflightError
from deploy.service.observation import seconds

Reply = Mapping[str, Any]

SHELL = "if command -v bash >/dev/null 2>&1; then exec bash; else exec sh; fi"
# What `aws ecs execute-command` does not return: the exit code of what ran.
# https://github.com/aws/session-manager-plugin/issues/92
MARK = re.compile(rb"\x1e(\d+)\x1e")
MARK_START = b"\x1e"
MARK_LENGTH = 5  # bytes, at most


def choose(tasks: Sequence[Reply], service: str, wanted: str = "") -> Reply:
    """Return the running task whose id begins with `wanted`, else the newest one.

    `tasks` are entries of DescribeTasks. Raises PreflightError, naming those that run.
    """
    running = [task for task in tasks if task.get("lastStatus") == "RUNNING"]
    running.sort(key=lambda task: seconds(task.get("startedAt")), reverse=True)
    if not running:
        raise PreflightError(
            f"no task of {service} runs",
            remedy="`invoke status` shows why; `invoke deploy` starts one",
        )
    found = [task for task in running if task_id(task).startswith(task_name(wanted))]
    if not found:
        raise PreflightError(
            f"no running task of {service} is {wanted}",
            details=[task_id(task) for task in running],
            remedy="give --task the beginning of one of these ids, or leave it out",
        )
    return found[0]


def task_name(wanted: str) -> str:
    """Return the id in what --task was given: an ARN, an id or its beginning."""
    return wanted.rpartition("/")[2]


def task_id(task: Reply) -> str:
    return task_name(str(task["taskArn"]))


def container_of(task: Reply, name: str) -> Reply:
    """Return the task's container `name`: that is the service's, beside its sidecars."""
    containers: Sequence[Reply] = task["containers"]
    return next((entry for entry in containers if entry["name"] == name), containers[0])


def docker_argv(runtime: str, command: str, *, terminal: bool) -> tuple[str, ...]:
    """Return what runs `command` (else a shell) in the container of this Docker id."""
    flags = ("-i", "-t") if terminal else ("-i",)
    return ("docker", "exec", *flags, runtime, "sh", "-c", command or _shell(terminal=terminal))


def _shell(*, terminal: bool) -> str:
    return SHELL if terminal else "exec sh"


def aws_argv(
    cluster: str, task: Reply, container: str, command: str, *, region: str, endpoint: str | None
) -> tuple[str, ...]:
    """Return what opens a session of ECS Exec. A command's exit code is printed behind a mark.

    https://docs.aws.amazon.com/cli/latest/reference/ecs/execute-command.html
    """
    place = ("--region", region, *(("--endpoint-url", endpoint) if endpoint else ()))
    # In parentheses, so that an `exit` in it does not end what tells the code.
    script = f"({command}\n); printf '\\036%s\\036' $?" if command else SHELL
    return (
        *("aws", "ecs", "execute-command", *place),
        *("--cluster", cluster, "--task", str(task["taskArn"]), "--container", container),
        *("--interactive", "--command", shlex.join(("sh", "-c", script))),
    )


def check(task: Reply, definition: Reply, container: str, environment: str) -> None:
    """Raise PreflightError, with the remedy, if ECS Exec can't reach the container.

    Its agent must be in the task and needs to write into the container's file system.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
    """
    if not task.get("enableExecuteCommand"):
        raise PreflightError(
            f"task {task_id(task)} was started without ECS Exec",
            remedy=f"turn it on (`invoke infra.apply --env {environment}`), then start new tasks: "
            f"`invoke restart --env {environment}`",
        )
    containers: Sequence[Reply] = definition["containerDefinitions"]
    if any(c["name"] == container and c.get("readonlyRootFilesystem") for c in containers):
        raise PreflightError(
            "the container's root file system is read-only: the agent of ECS Exec can't write",
            remedy=f"set `readonly_root = false` in [services.{container}] of deploy.toml and "
            f"deploy (`invoke deploy --env {environment}`)",
        )


class Ending:
    """What a session prints, without the mark behind which it tells the exit code.

    `code` is None until the mark has come. Nothing that may be its beginning is passed on.
    """

    def __init__(self) -> None:
        self.code: int | None = None
        self._held = b""

    def passed(self, block: bytes) -> bytes:
        """Return what may be shown now of what was printed up to here."""
        text = self._held + block
        if found := MARK.search(text):
            self.code = int(found[1])
            self._held = b""
            return text[: found.start()] + text[found.end() :]
        cut = text.find(MARK_START, max(0, len(text) - MARK_LENGTH))
        cut = len(text) if cut < 0 else cut
        self._held = text[cut:]
        return text[:cut]
