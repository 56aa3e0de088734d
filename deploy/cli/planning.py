"""`invoke plan`."""

from pathlib import Path
from typing import TYPE_CHECKING

from invoke import Context, Exit, task

from deploy.cli.options import ENV, JSON, ROOT

if TYPE_CHECKING:
    from deploy.config.model import Config
    from deploy.events import Emit

FAILED = 1


@task(
    name="plan",
    auto_shortflags=False,
    help=ENV
    | JSON
    | {
        "only": "services and sites of deploy.toml, such as backend,frontend (default: all)",
        "except": "services and sites to leave out",
        "full": "show the whole task definition as a diff, not only what changes of it",
        "exit-code": "exit 2 if something would change, 0 if nothing would, 1 or 3 on an error",
        "save": "write the plan to this file, for `invoke deploy --plan-file FILE`",
        "rebuild": "plan as if images and sites were built again",
    },
)
def plan_(
    _: Context,
    env: str = "local",
    full: bool = False,
    exit_code: bool = False,
    save: str = "",
    rebuild: bool = False,
    only: str = "",
    except_: str = "",
    json: bool = False,
) -> None:
    """Show all that a deploy would do, and why; nothing on AWS is written."""
    from deploy.command import command
    from deploy.planning import CHANGED, PlanOptions, plan
    from deploy.selection import listed

    planned = False

    def action(config: "Config", emit: "Emit") -> int:
        nonlocal planned
        options = PlanOptions(
            listed(only),
            listed(except_),
            rebuild=rebuild,
            full=full,
            exit_code=exit_code,
            save=Path(save) if save else None,
        )
        code = plan(config, options, emit)
        planned = True
        return code

    code = command(ROOT, env, action, as_json=json)
    if exit_code and code == CHANGED and not planned:
        code = FAILED  # a bad configuration is no plan with changes
    if code:
        raise Exit(code=code)
