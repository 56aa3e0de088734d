"""Shipway's tasks: `invoke` lists them, `invoke --help TASK` explains one.

Thin on purpose: each task is one call into deploy/ and its exit code. Everything else is imported
inside the call, so that listing the tasks costs what an empty tasks.py costs.
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from invoke import Collection, Context, Exit, task

if TYPE_CHECKING:
    from deploy.command import Action
    from deploy.config.model import Config
    from deploy.events import Emit

ROOT = Path(__file__).parent

ENV = {"env": "the environment of deploy.toml (default: local)"}
JSON = {"json": "print JSON lines instead of text"}
PLAN = {"plan": "show what would change and why, and stop (also: invoke --dry)"}
YES = {"yes": "don't ask before a change to an environment that is not local"}
TIMEOUT = {"timeout": "seconds to wait for a rollout (default: 600)"}
SITE = {"site": "the site of deploy.toml (default: frontend)"}


def _run(action: "Action", env: str, *, json: bool = False) -> None:
    """Run an action for an environment; a code other than 0 ends the process with it."""
    from deploy.command import command

    code = command(ROOT, env, action, as_json=json)
    if code:
        raise Exit(code=code)


@task(default=True, name="list", auto_shortflags=False)
def list_(_: Context) -> None:
    """Show the tasks (what `invoke` alone does)."""
    os.execv(sys.argv[0], [sys.argv[0], "--list"])  # noqa: S606


@task(
    auto_shortflags=False,
    help=ENV
    | JSON
    | YES
    | PLAN
    | TIMEOUT
    | {"rebuild": "build images and sites again although their source is unchanged"},
)
def deploy(
    ctx: Context,
    env: str = "local",
    plan: bool = False,
    yes: bool = False,
    timeout: str = "600",
    json: bool = False,
    rebuild: bool = False,
) -> None:
    """Deploy services and sites; pages change only if every rollout succeeded."""
    from deploy.command import seconds
    from deploy.pipeline import DeployOptions, deploy

    def action(config: "Config", emit: "Emit") -> int:
        options = DeployOptions(
            plan_only=plan or _dry(ctx),
            yes=yes,
            timeout=seconds("--timeout", timeout),
            rebuild=rebuild,
        )
        return deploy(config, options, emit)

    _run(action, env, json=json)


@task(
    name="deploy-backend",
    auto_shortflags=False,
    help=ENV
    | JSON
    | YES
    | PLAN
    | TIMEOUT
    | {
        "service": "the service of deploy.toml (default: backend)",
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
    json: bool = False,
    rebuild: bool = False,
) -> None:
    """Build, push and roll out a service; exit 0 only if the new version serves."""
    from deploy.backend import BackendOptions, deploy_backend
    from deploy.command import seconds

    def action(config: "Config", emit: "Emit") -> int:
        options = BackendOptions(
            service=service,
            plan_only=plan or _dry(ctx),
            yes=yes,
            timeout=seconds("--timeout", timeout),
            rebuild=rebuild,
        )
        return deploy_backend(config, options, emit)

    _run(action, env, json=json)


@task(
    name="deploy-frontend",
    auto_shortflags=False,
    help=ENV
    | JSON
    | YES
    | PLAN
    | SITE
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
    json: bool = False,
    rebuild: bool = False,
    adopt: bool = False,
    allow_deletions: bool = False,
    allow_missing_index: bool = False,
) -> None:
    """Build and upload a site and make it live, its pages last."""
    from deploy.command import seconds
    from deploy.frontend import FrontendOptions, deploy_frontend

    def action(config: "Config", emit: "Emit") -> int:
        options = FrontendOptions(
            site=site,
            plan_only=plan or _dry(ctx),
            yes=yes,
            timeout=seconds("--timeout", timeout),
            rebuild=rebuild,
            adopt=adopt,
            allow_deletions=allow_deletions,
            allow_missing_index=allow_missing_index,
        )
        return deploy_frontend(config, options, emit)

    _run(action, env, json=json)


@task(
    name="rollback-frontend",
    auto_shortflags=False,
    help=ENV
    | JSON
    | YES
    | PLAN
    | SITE
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
    json: bool = False,
) -> None:
    """Return a site to an earlier release, from what is in its bucket: no build, seconds."""
    from deploy.command import seconds
    from deploy.frontend import FrontendOptions, rollback_frontend

    def action(config: "Config", emit: "Emit") -> int:
        options = FrontendOptions(
            site=site,
            plan_only=plan or _dry(ctx),
            yes=yes,
            timeout=seconds("--timeout", timeout),
        )
        return rollback_frontend(config, options, emit, to=to or None)

    _run(action, env, json=json)


@task(auto_shortflags=False, help=JSON)
def quickstart(_: Context, json: bool = False) -> None:
    """Start the local cloud, create the infrastructure, deploy, show the URLs."""
    from deploy.quickstart import quickstart

    _run(quickstart, "local", json=json)


@task(auto_shortflags=False, help=JSON)
def teardown(_: Context, json: bool = False) -> None:
    """Undo the quickstart: infrastructure, containers, local cloud."""
    from deploy.quickstart import teardown

    _run(teardown, "local", json=json)


@task(auto_shortflags=False, help=ENV | {"json": "print one JSON object, name -> URL"})
def urls(_: Context, env: str = "local", json: bool = False) -> None:
    """Show where the sites and services answer."""
    from deploy.environment import urls

    _run(lambda config, emit: urls(config, emit, as_json=json), env)


@task(auto_shortflags=False, help=JSON)
def up(_: Context, json: bool = False) -> None:
    """Start the local cloud (or say that it runs)."""
    from deploy.quickstart import cloud_up

    _run(cloud_up, "local", json=json)


@task(auto_shortflags=False, help=JSON)
def down(_: Context, json: bool = False) -> None:
    """Stop the local cloud; no container is left."""
    from deploy.quickstart import cloud_down

    _run(cloud_down, "local", json=json)


@task(auto_shortflags=False, help=JSON)
def status(_: Context, json: bool = False) -> None:
    """Say whether the local cloud runs, and where."""
    from deploy.quickstart import cloud_status

    _run(cloud_status, "local", json=json)


@task(name="plan", auto_shortflags=False, help=ENV | JSON)
def infra_plan(_: Context, env: str = "local", json: bool = False) -> None:
    """Show what Terraform would change, and why."""
    from deploy.infrastructure import plan

    _run(plan, env, json=json)


@task(name="apply", auto_shortflags=False, help=ENV | JSON | YES | PLAN)
def infra_apply(
    ctx: Context, env: str = "local", plan: bool = False, yes: bool = False, json: bool = False
) -> None:
    """Create or change the infrastructure of an environment."""
    _infra(ctx, env, plan=plan, yes=yes, json=json, destroy=False)


@task(name="destroy", auto_shortflags=False, help=ENV | JSON | YES | PLAN)
def infra_destroy(
    ctx: Context, env: str = "local", plan: bool = False, yes: bool = False, json: bool = False
) -> None:
    """Delete the infrastructure of an environment."""
    _infra(ctx, env, plan=plan, yes=yes, json=json, destroy=True)


def _infra(ctx: Context, env: str, *, plan: bool, yes: bool, json: bool, destroy: bool) -> None:
    from deploy import infrastructure

    if plan or _dry(ctx):
        _run(
            lambda config, emit: infrastructure.plan(config, emit, destroy=destroy), env, json=json
        )
    else:
        _run(
            lambda config, emit: infrastructure.apply(config, emit, yes=yes, destroy=destroy),
            env,
            json=json,
        )


def _dry(ctx: Context) -> bool:
    """Return whether `invoke --dry` was asked for: it means the same as --plan."""
    dry: Any = ctx.config.run.dry
    return bool(dry)


namespace = Collection(
    list_,
    deploy,
    deploy_backend,
    deploy_frontend,
    rollback_frontend,
    quickstart,
    teardown,
    urls,
)
namespace.add_collection(Collection("cloud", up, down, status))
namespace.add_collection(Collection("infra", infra_plan, infra_apply, infra_destroy))
