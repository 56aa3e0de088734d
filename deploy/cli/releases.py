"""`invoke releases`: what was deployed, and what of it is live."""

from typing import TYPE_CHECKING

from invoke import Context, task

from deploy.cli.options import ENV, run_action

if TYPE_CHECKING:
    from deploy.config.model import Config
    from deploy.events import Emit


@task(
    auto_shortflags=False,
    help=ENV
    | {
        "limit": "how many releases to list, the newest first (default: 10)",
        "show": "all of one release: its id, the beginning or last 7 characters of it, a commit, "
        "or last",
        "json": "print one JSON object",
        "markdown": "print a release (with --show, else the last one) for the summary of a CI step",
    },
)
def releases(
    _: Context,
    env: str = "local",
    limit: str = "10",
    show: str = "",
    json: bool = False,
    markdown: bool = False,
) -> None:
    """List what was deployed, by whom and how it ended, and mark what is live now."""
    from deploy.releases import ReleasesOptions, count, releases

    def action(config: "Config", _emit: "Emit") -> int:
        options = ReleasesOptions(count("--limit", limit), show, json, markdown)
        return releases(config, options)

    run_action(action, env, json=json)
