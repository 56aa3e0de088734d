"""`invoke logs` and `invoke run`: what the tasks write, and a task of one's own beside them."""

import sys
from typing import TYPE_CHECKING

from invoke import Context, task

from deploy.cli.options import ENV, JSON, SERVICE, run_action

if TYPE_CHECKING:
    from deploy.config.model import Config
    from deploy.events import Emit


@task(
    auto_shortflags=False,
    help=ENV
    | {
        "service": "services of deploy.toml, separated by commas (default: all)",
        "since": "how far back, such as 10m, 2h, 1d or an ISO 8601 time (default: 10m)",
        "lines": "only the last so many of them (default: 50; all, if --since is given)",
        "follow": "show those that come too, until Ctrl-C",
        "filter": "only lines with this text, in capitals or not",
        "json": "print a JSON object a line: time, service, task, message",
    },
)
def logs(
    _: Context,
    env: str = "local",
    service: str = "",
    since: str = "",
    lines: str = "",
    follow: bool = False,
    filter: str = "",  # noqa: A002 - the option's name
    json: bool = False,
) -> None:
    """Show what all tasks write, in the order of time; in a pipe as they wrote it."""
    from deploy.logs import logs, options

    def action(config: "Config", _: "Emit") -> int:
        asked = options(service, since, lines, filter, follow=follow, as_json=json)
        return logs(config, asked)

    run_action(action, env, json=json)


@task(
    auto_shortflags=False,
    help=ENV
    | JSON
    | SERVICE
    | {
        "command": "what to run by sh; or, without a shell, as words after --",
        "timeout": "seconds after which the task is stopped (default: 3600)",
        "cpu": "of the task, in 1/1024 vCPU (default: the service's)",
        "memory": "of the task, in MiB (default: the service's)",
    },
)
def run(
    ctx: Context,
    env: str = "local",
    service: str = "backend",
    command: str = "",
    timeout: str = "3600",
    cpu: str = "",
    memory: str = "",
    json: bool = False,
) -> None:
    """Run a command in a task of its own on a service's release; its exit code is returned."""
    from deploy.command import seconds
    from deploy.oneoff import RunOptions, run

    words = tuple(sys.argv[sys.argv.index("--") + 1 :]) if ctx.remainder else ()

    def action(config: "Config", emit: "Emit") -> int:
        argv = ("sh", "-c", command) if command else words
        most = seconds("--timeout", timeout)
        return run(config, RunOptions(argv, service, most, cpu, memory, as_json=json), emit)

    run_action(action, env, json=json)
