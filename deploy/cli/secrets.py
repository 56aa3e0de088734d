"""`invoke secrets.*`: what services must know and deploy.toml must not say."""

from typing import TYPE_CHECKING

from invoke import Context, task

from deploy.cli.options import ENV, YES, run_action

if TYPE_CHECKING:
    from deploy.config.model import Config
    from deploy.events import Emit

NAME = {"name": "as deploy.toml has it: database-url, or a parameter's path"}


@task(
    name="set",
    auto_shortflags=False,
    help=ENV | NAME | {"store": "secretsmanager (default), or ssm for a parameter"},
)
def set_(_: Context, name: str, env: str = "local", store: str = "") -> None:
    """Store a secret's value, from stdin or from a hidden prompt."""
    from deploy.secret_tasks import Secrets, value_given

    def action(config: "Config", emit: "Emit") -> int:
        return Secrets(config, emit).store(name, store, lambda asked: value_given(config, asked))

    run_action(action, env)


@task(name="list", auto_shortflags=False, help=ENV | {"json": "print one JSON object"})
def list_(_: Context, env: str = "local", json: bool = False) -> None:
    """Show which secrets there are, who uses them and which are missing; never a value."""
    from deploy.secret_tasks import Secrets

    run_action(lambda config, emit: Secrets(config, emit).show(as_json=json), env)


@task(auto_shortflags=False, help=ENV)
def check(_: Context, env: str = "local") -> None:
    """Exit 3, with the command that sets each, if a secret of deploy.toml is missing."""
    from deploy.secret_tasks import Secrets

    run_action(lambda config, emit: Secrets(config, emit).check(), env)


@task(
    auto_shortflags=False,
    help=ENV
    | NAME
    | YES
    | {
        "force": "also if a service of deploy.toml uses it",
        "now": "delete it for good at once (on a local cloud only)",
    },
)
def unset(
    _: Context,
    name: str,
    env: str = "local",
    force: bool = False,
    now: bool = False,
    yes: bool = False,
) -> None:
    """Delete a secret; Secrets Manager keeps it for its recovery window."""
    from deploy.secret_tasks import Secrets

    def action(config: "Config", emit: "Emit") -> int:
        return Secrets(config, emit).unset(name, force=force, now=now, yes=yes)

    run_action(action, env)
