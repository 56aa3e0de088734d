"""`invoke status`, and what changes a running service without a new release."""

from typing import TYPE_CHECKING

from invoke import Context, task

from deploy.cli.options import ENV, JSON, PLAN, SERVICE, TIMEOUT, WAIT, YES, dry, run_action

if TYPE_CHECKING:
    from deploy.config.model import Config
    from deploy.events import Emit
    from deploy.operate import OperateOptions

PATIENCE = {"timeout": "seconds to wait until it is done (default: 600)"}


@task(
    auto_shortflags=False,
    help=ENV
    | {
        "watch": "show it again every 2 seconds, until Ctrl-C; in a pipe, whenever it changes",
        "json": "print one JSON object; with --watch, one a line",
    },
)
def status(_: Context, env: str = "local", watch: bool = False, json: bool = False) -> None:
    """Show services, sites and the lock; exit 1 if something is not as it was asked to be."""
    from deploy.status import status

    run_action(lambda config, emit: status(config, emit, watch=watch, as_json=json), env, json=json)


@task(
    auto_shortflags=False,
    help=ENV
    | JSON
    | YES
    | PLAN
    | PATIENCE
    | WAIT
    | SERVICE
    | {
        "count": "how many tasks run",
        "min": "the fewest that autoscaling may leave",
        "max": "the most that autoscaling may start",
    },
)
def scale(
    ctx: Context,
    env: str = "local",
    service: str = "backend",
    count: str = "",
    min: str = "",  # noqa: A002 - the options' names
    max: str = "",  # noqa: A002
    plan: bool = False,
    yes: bool = False,
    timeout: str = "600",
    wait_for_lock: str = "0",
    json: bool = False,
) -> None:
    """Run another number of tasks, within autoscaling's bounds or with new ones."""
    from deploy.operate import scale, wanted

    def action(config: "Config", emit: "Emit") -> int:
        options = _options(ctx, service, plan=plan, yes=yes, timeout=timeout, wait=wait_for_lock)
        return scale(config, options, wanted(count, min, max), emit)

    run_action(action, env, json=json)


@task(auto_shortflags=False, help=ENV | JSON | YES | PLAN | TIMEOUT | WAIT | SERVICE)
def restart(
    ctx: Context,
    env: str = "local",
    service: str = "backend",
    plan: bool = False,
    yes: bool = False,
    timeout: str = "600",
    wait_for_lock: str = "0",
    json: bool = False,
) -> None:
    """Replace each running task by a new one of the same revision; no request fails."""
    from deploy.operate import restart

    def action(config: "Config", emit: "Emit") -> int:
        options = _options(ctx, service, plan=plan, yes=yes, timeout=timeout, wait=wait_for_lock)
        return restart(config, options, emit)

    run_action(action, env, json=json)


@task(auto_shortflags=False, help=ENV | JSON | YES | PLAN | PATIENCE | SERVICE)
def abort(
    ctx: Context,
    env: str = "local",
    service: str = "backend",
    plan: bool = False,
    yes: bool = False,
    timeout: str = "600",
    json: bool = False,
) -> None:
    """Stop the rollout in progress, whoever began it, and roll it back."""
    from deploy.operate import abort

    def action(config: "Config", emit: "Emit") -> int:
        options = _options(ctx, service, plan=plan, yes=yes, timeout=timeout)
        return abort(config, options, emit)

    run_action(action, env, json=json)


def _options(
    ctx: Context, service: str, *, plan: bool, yes: bool, timeout: str, wait: str = "0"
) -> "OperateOptions":
    from deploy.command import seconds
    from deploy.locking import wait_seconds
    from deploy.operate import OperateOptions

    return OperateOptions(
        service,
        plan_only=plan or dry(ctx),
        yes=yes,
        timeout=seconds("--timeout", timeout),
        wait=wait_seconds(wait),
    )
