"""`invoke deploy` and its halves."""

from pathlib import Path
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
        "only": "services and sites of deploy.toml, such as backend,frontend (default: all)",
        "except": "services and sites to leave out",
        "plan-file": "a plan that `invoke plan --save FILE` wrote: apply exactly that, or nothing",
        "rebuild": "build images and sites again although their source is unchanged",
    },
)
def deploy(
    ctx: Context,
    env: str = "local",
    plan: bool = False,
    yes: bool = False,
    timeout: str = "600",
    wait_for_lock: str = "0",
    json: bool = False,
    rebuild: bool = False,
    only: str = "",
    except_: str = "",
    plan_file: str = "",
) -> None:
    """Deploy services and sites; pages change only if every rollout succeeded."""
    from deploy.command import seconds
    from deploy.locking import wait_seconds
    from deploy.pipeline import DeployOptions, deploy
    from deploy.selection import listed

    def action(config: "Config", emit: "Emit") -> int:
        options = DeployOptions(
            plan_only=plan or dry(ctx),
            yes=yes,
            timeout=seconds("--timeout", timeout),
            wait=wait_seconds(wait_for_lock),
            rebuild=rebuild,
            only=listed(only),
            but=listed(except_),
            plan_file=Path(plan_file) if plan_file else None,
        )
        return deploy(config, options, emit)

    run_action(action, env, json=json)


@task(
    name="deploy-backend",
    auto_shortflags=False,
    help=ENV
    | JSON
    | YES
    | PLAN
    | TIMEOUT
    | WAIT
    | {
        "service": "services of deploy.toml, such as backend,worker (default: backend)",
        "rebuild": "build the image again although its source is unchanged",
    },
)
def deploy_backend(
    ctx: Context,
    env: str = "local",
    service: str = "backend",
    plan: bool = False,
    yes: bool = False,
    timeout: str = "600",
    wait_for_lock: str = "0",
    json: bool = False,
    rebuild: bool = False,
) -> None:
    """Build, push and roll out a service; exit 0 only if the new version serves."""
    from deploy.backend import BackendOptions
    from deploy.command import seconds
    from deploy.locking import wait_seconds
    from deploy.pipeline import deploy_backend
    from deploy.selection import listed

    def action(config: "Config", emit: "Emit") -> int:
        options = BackendOptions(
            services=listed(service),
            plan_only=plan or dry(ctx),
            yes=yes,
            timeout=seconds("--timeout", timeout),
            wait=wait_seconds(wait_for_lock),
            rebuild=rebuild,
        )
        return deploy_backend(config, options, emit)

    run_action(action, env, json=json)


@task(
    name="deploy-frontend",
    auto_shortflags=False,
    help=ENV
    | JSON
    | YES
    | PLAN
    | SITE
    | WAIT
    | {
        "timeout": "seconds to wait for the invalidation (default: 600)",
        "rebuild": "install and build again although nothing has changed",
        "adopt": "take over a bucket with objects that Shipway did not put there",
        "allow-deletions": "accept a build that lacks more than 30 % of the site's files",
        "allow-missing-index": "accept a build without index.html",
    },
)
def deploy_frontend(
    ctx: Context,
    env: str = "local",
    site: str = "frontend",
    plan: bool = False,
    yes: bool = False,
    timeout: str = "600",
    wait_for_lock: str = "0",
    json: bool = False,
    rebuild: bool = False,
    adopt: bool = False,
    allow_deletions: bool = False,
    allow_missing_index: bool = False,
) -> None:
    """Build and upload a site and make it live, its pages last."""
    from deploy.ahead import ahead

    def action(config: "Config", emit: "Emit") -> int:
        with ahead(config, site, rebuild=rebuild) as reading:  # beside all that follows
            from deploy.command import seconds
            from deploy.frontend import FrontendOptions
            from deploy.locking import wait_seconds
            from deploy.pipeline import deploy_frontend

            options = FrontendOptions(
                site=site,
                plan_only=plan or dry(ctx),
                yes=yes,
                timeout=seconds("--timeout", timeout),
                wait=wait_seconds(wait_for_lock),
                rebuild=rebuild,
                adopt=adopt,
                allow_deletions=allow_deletions,
                allow_missing_index=allow_missing_index,
                ahead=reading,
            )
            return deploy_frontend(config, options, emit)

    run_action(action, env, json=json)
