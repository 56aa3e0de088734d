"""A shell, or one command, in a running container: `invoke shell`."""

import shutil
import sys
from dataclasses import dataclass

from deploy import process
from deploy.aws import Aws
from deploy.config.model import Config
from deploy.environment import find_service, read_target, service_place
from deploy.errors import PreflightError
from deploy.machine import local_port
from deploy.machine_checks import CLI_URL, PLUGIN, PLUGIN_URL
from deploy.service import session


@dataclass(frozen=True)
class ShellOptions:
    """What `invoke shell` was asked for. `task` is an id, its beginning, or "" for the newest;
    `command` is run by sh, "" for a shell.
    """

    service: str = "backend"
    task: str = ""
    command: str = ""


def shell(config: Config, options: ShellOptions) -> int:
    """Run a command in a task of the service, connected to this process's own input and output.

    Returns its exit code. Raises PreflightError if no task runs or it can't be reached.
    """
    from deploy.service.describe import read_tasks

    find_service(config, options.service)
    aws = Aws(config)
    aws.check_account()
    target = read_target(aws)
    place = service_place(target, options.service)
    tasks = read_tasks(aws.client("ecs"), target.cluster, place.service, "RUNNING")
    task = session.choose(tasks, options.service, options.task)
    if local_port(config) is not None:
        return _in_docker(task, options)
    return _by_ecs_exec(aws, target.cluster, task, options)


def _terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _in_docker(task: session.Reply, options: ShellOptions) -> int:
    """The local cloud's tasks are containers of this machine's engine; it has no ECS Exec."""
    runtime = str(session.container_of(task, options.service)["runtimeId"])
    return process.attached(session.docker_argv(runtime, options.command, terminal=_terminal()))


def _by_ecs_exec(aws: Aws, cluster: str, task: session.Reply, options: ShellOptions) -> int:
    ecs = aws.client("ecs")
    container = str(session.container_of(task, options.service)["name"])
    definition = ecs.describe_task_definition(taskDefinition=task["taskDefinitionArn"])
    session.check(task, definition["taskDefinition"], container, aws.environment)
    check_tools()
    place = aws.config.environment
    argv = session.aws_argv(
        cluster, task, container, options.command, region=place.region, endpoint=place.endpoint
    )
    if not options.command and _terminal():
        return process.attached(argv)
    ending = session.Ending()
    code = process.in_terminal(argv, ending.passed)
    return code if ending.code is None else ending.code


def check_tools() -> None:
    """Raise PreflightError if the AWS CLI or its plugin for sessions is missing."""
    for name, url in (("aws", CLI_URL), (PLUGIN, PLUGIN_URL)):
        if not shutil.which(name):
            raise PreflightError(
                f"{name} is not installed; a session of ECS Exec needs it",
                remedy=f"install it: {url}",
            )
