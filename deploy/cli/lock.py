"""`invoke lock.*`: who may change an environment now."""

from typing import TYPE_CHECKING

from invoke import Context, task

from deploy.cli.options import ENV, WAIT, run_action

if TYPE_CHECKING:
    from deploy.config.model import Config
    from deploy.events import Emit


@task(auto_shortflags=False, help=ENV | {"json": "print one JSON object instead of text"})
def status(_: Context, env: str = "local", json: bool = False) -> None:
    """Tell who may change the environment now: who has locked it, and why."""
    from deploy.locking import Locking

    run_action(lambda config, emit: Locking(config, emit).status(as_json=json), env)


@task(
    auto_shortflags=False,
    help=ENV | WAIT | {"reason": "what others are told who want to change the environment"},
)
def take(_: Context, env: str = "local", reason: str = "", wait_for_lock: str = "0") -> None:
    """Freeze an environment: no deploy changes it until the lock is released."""
    from deploy.locking import Locking, reason_given, wait_seconds

    def action(config: "Config", emit: "Emit") -> int:
        given, wait = reason_given(reason), wait_seconds(wait_for_lock)
        return Locking(config, emit).take(given, wait)

    run_action(action, env)


@task(
    auto_shortflags=False,
    help=ENV | {"force": "also if another holds it; a run stops before its next write"},
)
def release(_: Context, env: str = "local", force: bool = False) -> None:
    """Let an environment change again after `lock.take`."""
    from deploy.locking import Locking

    run_action(lambda config, emit: Locking(config, emit).release(force=force), env)
