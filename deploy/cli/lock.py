"""`invoke lock.*`: who may change an environment now."""

from invoke import Context, task

from deploy.cli.options import ENV, WAIT, run_action


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
    from deploy.locking import Locking, wait_seconds

    run_action(
        lambda config, emit: Locking(config, emit).take(reason, wait_seconds(wait_for_lock)), env
    )


@task(
    auto_shortflags=False,
    help=ENV | {"force": "also if another holds it; a run stops before its next write"},
)
def release(_: Context, env: str = "local", force: bool = False) -> None:
    """Let an environment change again after `lock.take`."""
    from deploy.locking import Locking

    run_action(lambda config, emit: Locking(config, emit).release(force=force), env)
