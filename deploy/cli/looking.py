"""`invoke doctor` and `invoke shell`: what is there, and a look inside."""

import shlex
import sys
from collections.abc import Sequence

from invoke import Context, task

from deploy.cli.options import ENV, JSON, SERVICE, run_action


@task(auto_shortflags=False, help=ENV | JSON)
def doctor(_: Context, env: str = "local", json: bool = False) -> None:
    """Check machine, credentials and environment; tell each fault with its remedy."""
    from deploy.diagnosis import doctor

    run_action(doctor, env, json=json)


@task(
    auto_shortflags=False,
    help=ENV
    | SERVICE
    | {
        "task": "the task's id or its beginning (default: the newest that runs)",
        "command": "what to run by sh instead of a shell; or as words after --",
    },
)
def shell(
    ctx: Context, env: str = "local", service: str = "backend", task: str = "", command: str = ""
) -> None:
    """Open a shell in a running container, or run a command there; its exit code is returned."""
    from deploy.shell import ShellOptions, shell

    options = ShellOptions(service, task, command or (ctx.remainder and words(sys.argv)))
    run_action(lambda config, _: shell(config, options), env)


def words(argv: Sequence[str]) -> str:
    """Return the words after -- as one command, quoted: Invoke's remainder has lost that."""
    return shlex.join(argv[argv.index("--") + 1 :])
