"""`invoke migrate`: a migration by hand, where a deploy's own is not what is wanted."""

from typing import TYPE_CHECKING

from invoke import Context, task

from deploy.cli.options import ENV, JSON, PLAN, WAIT, YES, dry, run_action

if TYPE_CHECKING:
    from deploy.config.model import Config
    from deploy.events import Emit


@task(
    auto_shortflags=False,
    help=ENV
    | JSON
    | YES
    | PLAN
    | WAIT
    | {
        "service": "a service of deploy.toml (default: the only one with a `migrate`)",
        "to": "a revision, or its beginning (default: the newest; with --down the one before)",
        "down": "go back to it: --to REVISION, --to=-2 or --to base",
    },
)
def migrate(
    ctx: Context,
    env: str = "local",
    service: str = "",
    to: str = "",
    down: bool = False,
    plan: bool = False,
    yes: bool = False,
    wait_for_lock: str = "0",
    json: bool = False,
) -> None:
    """Migrate a service's database on the release that runs, up or down; no service is updated."""
    from deploy.locking import wait_seconds
    from deploy.migrate import MigrateOptions, migrate

    def action(config: "Config", emit: "Emit") -> int:
        options = MigrateOptions(
            service,
            to,
            down=down,
            plan_only=plan or dry(ctx),
            yes=yes,
            wait=wait_seconds(wait_for_lock),
        )
        return migrate(config, options, emit)

    run_action(action, env, json=json)
