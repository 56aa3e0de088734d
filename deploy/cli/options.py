"""What the tasks share: the help of their options, and how an action becomes an exit code."""

import gc
from pathlib import Path
from typing import TYPE_CHECKING, Any

from invoke import Context, Exit

if TYPE_CHECKING:
    from deploy.command import Action

ROOT = Path(__file__).parents[2]  # where tasks.py and deploy.toml are

ENV = {"env": "the environment of deploy.toml (default: local)"}
JSON = {"json": "print JSON lines instead of text"}
PLAN = {"plan": "show what would change and why, and stop (also: invoke --dry)"}
YES = {"yes": "don't ask before a change to an environment that is not local"}
TIMEOUT = {"timeout": "seconds to wait for a rollout (default: 600)"}
WAIT = {"wait-for-lock": "seconds to wait while another run holds the environment (default: 0)"}
SITE = {"site": "the site of deploy.toml (default: frontend)"}
SERVICE = {"service": "the service of deploy.toml (default: backend)"}


def run_action(action: "Action", env: str = "local", *, json: bool = False) -> None:
    """Run an action for an environment; a code other than 0 ends the process with it."""
    from deploy.command import command

    code = command(ROOT, env, action, as_json=json)
    gc.freeze()  # the process ends: Python would look through all that is left for garbage
    if code:
        raise Exit(code=code)


def dry(ctx: Context) -> bool:
    """Return whether `invoke --dry` was asked for: it means the same as --plan."""
    asked: Any = ctx.config.run.dry
    return bool(asked)
