"""`invoke dev` and `invoke test`: what one types while writing."""

import sys
from typing import TYPE_CHECKING

from invoke import Context, task

from deploy.cli.options import JSON, run_action

if TYPE_CHECKING:
    from deploy.config.model import Config
    from deploy.events import Emit


@task(
    auto_shortflags=False,
    help=JSON
    | {
        "down": "remove the containers that an earlier run has left; the data stays",
        "reset": "remove the containers and the database's data",
        "as-shipped": "run the image's own files, as ECS does: no reload",
        "port": "of the service on this machine (default: its port in deploy.toml)",
        "database-port": "of the database on this machine (default: 5433)",
    },
)
def dev(
    _: Context,
    down: bool = False,
    reset: bool = False,
    as_shipped: bool = False,
    port: str = "",
    database_port: str = "",
    json: bool = False,
) -> None:
    """Run the backend and its database here, anew at each change, and show their logs."""
    from deploy.dev import DevOptions, dev
    from deploy.dev_ports import number

    def action(config: "Config", emit: "Emit") -> int:
        api, database = number("--port", port), number("--database-port", database_port)
        return dev(config, DevOptions(down, reset, as_shipped, api, database, json), emit)

    run_action(action, json=json)


@task(
    name="test",
    auto_shortflags=False,
    help=JSON | {"only": "some of lint, types, unit, backend, frontend, separated by commas"},
)
def quick(ctx: Context, only: str = "", json: bool = False) -> None:
    """Run the quick tests and say what failed; words after -- are given to pytest."""
    from deploy.testing import run_quick

    words = tuple(sys.argv[sys.argv.index("--") + 1 :]) if ctx.remainder else ()
    run_action(lambda config, emit: run_quick(config, only, words, emit), json=json)
