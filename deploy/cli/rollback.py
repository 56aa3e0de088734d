"""The way back, and what is taken away because nobody may want to return to it."""

from typing import TYPE_CHECKING

from invoke import Context, task

from deploy.cli.options import ENV, JSON, PLAN, SITE, TIMEOUT, WAIT, YES, dry, run_action

if TYPE_CHECKING:
    from deploy.config.model import Config
    from deploy.events import Emit


@task(
    auto_shortflags=False,
    help=ENV
    | JSON
    | YES
    | PLAN
    | TIMEOUT
    | WAIT
    | {
        "to": "the release to return to: its id, the beginning or last 7 characters of it "
        "(default: the one before)",
        "commit": "return to the newest release of this commit",
        "only": "services and sites of deploy.toml, such as backend,frontend (default: all)",
    },
)
def rollback(
    ctx: Context,
    env: str = "local",
    to: str = "",
    commit: str = "",
    only: str = "",
    plan: bool = False,
    yes: bool = False,
    timeout: str = "600",
    wait_for_lock: str = "0",
    json: bool = False,
) -> None:
    """Return services and sites together to an earlier release, without a build."""
    from deploy.command import seconds
    from deploy.locking import wait_seconds
    from deploy.rollback import RollbackOptions, rollback
    from deploy.selection import listed

    def action(config: "Config", emit: "Emit") -> int:
        options = RollbackOptions(
            to=to,
            commit=commit,
            only=listed(only),
            plan_only=plan or dry(ctx),
            yes=yes,
            timeout=seconds("--timeout", timeout),
            wait=wait_seconds(wait_for_lock),
        )
        return rollback(config, options, emit)

    run_action(action, env, json=json)


@task(
    name="rollback-frontend",
    auto_shortflags=False,
    help=ENV
    | JSON
    | YES
    | PLAN
    | SITE
    | WAIT
    | {
        "to": "the release to return to (default: the one before the live one)",
        "timeout": "seconds to wait for the invalidation (default: 600)",
    },
)
def rollback_frontend(
    ctx: Context,
    env: str = "local",
    site: str = "frontend",
    to: str = "",
    plan: bool = False,
    yes: bool = False,
    timeout: str = "600",
    wait_for_lock: str = "0",
    json: bool = False,
) -> None:
    """Return a site to an earlier release, from what is in its bucket: no build, seconds."""
    from deploy.command import seconds
    from deploy.frontend import FrontendOptions
    from deploy.locking import wait_seconds
    from deploy.site_rollback import rollback_frontend

    def action(config: "Config", emit: "Emit") -> int:
        options = FrontendOptions(
            site=site,
            plan_only=plan or dry(ctx),
            yes=yes,
            timeout=seconds("--timeout", timeout),
            wait=wait_seconds(wait_for_lock),
        )
        return rollback_frontend(config, options, emit, to=to or None)

    run_action(action, env, json=json)


@task(
    auto_shortflags=False,
    help=ENV
    | JSON
    | YES
    | PLAN
    | WAIT
    | {"keep": "how many of the last successful releases can be returned to (default: 10)"},
)
def prune(
    ctx: Context,
    env: str = "local",
    keep: str = "10",
    plan: bool = False,
    yes: bool = False,
    wait_for_lock: str = "0",
    json: bool = False,
) -> None:
    """Take away revisions, images, site files and records that no kept release needs."""
    from deploy.locking import wait_seconds
    from deploy.pruning import PruneOptions, prune
    from deploy.releases import count

    def action(config: "Config", emit: "Emit") -> int:
        options = PruneOptions(
            keep=count("--keep", keep),
            plan_only=plan or dry(ctx),
            yes=yes,
            wait=wait_seconds(wait_for_lock),
        )
        return prune(config, options, emit)

    run_action(action, env, json=json)
