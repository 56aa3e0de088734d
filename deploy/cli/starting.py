"""`invoke quickstart`, `teardown`, `urls` and `cloud.*`."""

from invoke import Context, task

from deploy.cli.options import ENV, JSON, run_action


@task(auto_shortflags=False, help=JSON)
def quickstart(_: Context, json: bool = False) -> None:
    """Start the local cloud, create the infrastructure, deploy, show the URLs."""
    from deploy.quickstart import quickstart

    run_action(quickstart, "local", json=json)


@task(auto_shortflags=False, help=JSON)
def teardown(_: Context, json: bool = False) -> None:
    """Undo the quickstart: infrastructure, containers, local cloud."""
    from deploy.quickstart import teardown

    run_action(teardown, "local", json=json)


@task(auto_shortflags=False, help=ENV | {"json": "print one JSON object, name -> URL"})
def urls(_: Context, env: str = "local", json: bool = False) -> None:
    """Show where the sites and services answer."""
    from deploy.environment import urls

    run_action(lambda config, emit: urls(config, emit, as_json=json), env)


@task(auto_shortflags=False, help=JSON)
def up(_: Context, json: bool = False) -> None:
    """Start the local cloud (or say that it runs)."""
    from deploy.quickstart import cloud_up

    run_action(cloud_up, "local", json=json)


@task(auto_shortflags=False, help=JSON)
def down(_: Context, json: bool = False) -> None:
    """Stop the local cloud; no container is left."""
    from deploy.quickstart import cloud_down

    run_action(cloud_down, "local", json=json)


@task(auto_shortflags=False, help=JSON)
def status(_: Context, json: bool = False) -> None:
    """Say whether the local cloud runs, and where."""
    from deploy.quickstart import cloud_status

    run_action(cloud_status, "local", json=json)
