"""`invoke infra.*`: Terraform."""

from invoke import Context, task

from deploy.cli.options import ENV, JSON, PLAN, YES, dry, run_action


@task(name="plan", auto_shortflags=False, help=ENV | JSON)
def plan_(_: Context, env: str = "local", json: bool = False) -> None:
    """Show what Terraform would change, and why."""
    from deploy.infrastructure import plan

    run_action(plan, env, json=json)


@task(name="apply", auto_shortflags=False, help=ENV | JSON | YES | PLAN)
def apply_(
    ctx: Context, env: str = "local", plan: bool = False, yes: bool = False, json: bool = False
) -> None:
    """Create or change the infrastructure of an environment."""
    _infra(ctx, env, plan=plan, yes=yes, json=json, destroy=False)


@task(name="destroy", auto_shortflags=False, help=ENV | JSON | YES | PLAN)
def destroy_(
    ctx: Context, env: str = "local", plan: bool = False, yes: bool = False, json: bool = False
) -> None:
    """Delete the infrastructure of an environment."""
    _infra(ctx, env, plan=plan, yes=yes, json=json, destroy=True)


@task(
    name="policy",
    auto_shortflags=False,
    help=ENV
    | {
        "read-only": "only what a plan needs",
        "json": "print it on one line",
    },
)
def policy_(_: Context, env: str = "local", read_only: bool = False, json: bool = False) -> None:
    """Print the IAM policy of a role that deploys: what deploys call, and no more."""
    from deploy import infrastructure

    run_action(
        lambda config, emit: infrastructure.policy(config, emit, read_only=read_only, compact=json),
        env,
    )


def _infra(ctx: Context, env: str, *, plan: bool, yes: bool, json: bool, destroy: bool) -> None:
    from deploy import infrastructure

    if plan or dry(ctx):
        run_action(
            lambda config, emit: infrastructure.plan(config, emit, destroy=destroy), env, json=json
        )
    else:
        run_action(
            lambda config, emit: infrastructure.apply(config, emit, yes=yes, destroy=destroy),
            env,
            json=json,
        )
