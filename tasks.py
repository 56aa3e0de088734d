"""Shipway's tasks: `invoke` lists them, `invoke --help TASK` explains one.

Each task is in deploy/cli/: options, one call into deploy/ and its exit code. Everything else is
imported inside the call, so that listing the tasks costs what an empty tasks.py costs.
"""

import os
import sys

from invoke import Collection, Context, task

from deploy.cli import (
    deploying,
    developing,
    infra,
    lock,
    looking,
    migrating,
    operating,
    planning,
    releases,
    rollback,
    running,
    secrets,
    starting,
)


@task(default=True, name="list", auto_shortflags=False)
def list_(_: Context) -> None:
    """Show the tasks (what `invoke` alone does)."""
    os.execv(sys.argv[0], [sys.argv[0], "--list"])  # noqa: S606


namespace = Collection(
    list_,
    deploying.deploy,
    deploying.deploy_backend,
    deploying.deploy_frontend,
    rollback.rollback,
    rollback.rollback_frontend,
    rollback.prune,
    migrating.migrate,
    planning.plan_,
    operating.status,
    operating.scale,
    operating.restart,
    operating.abort,
    looking.doctor,
    looking.shell,
    running.logs,
    running.run,
    releases.releases,
    starting.quickstart,
    starting.teardown,
    starting.urls,
    developing.dev,
    developing.quick,
)
namespace.add_collection(Collection("cloud", starting.up, starting.down, starting.status))
namespace.add_collection(
    Collection("infra", infra.plan_, infra.apply_, infra.destroy_, infra.policy_)
)
namespace.add_collection(Collection("lock", lock.status, lock.take, lock.release))
namespace.add_collection(
    Collection("secrets", secrets.set_, secrets.list_, secrets.check, secrets.unset)
)
