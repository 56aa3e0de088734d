"""The variables that tell a container what it is. Pure.

They are part of the task definition, not of the image: the same source is the same image, whatever
commit it is at. And a commit that leaves the source as it was must not roll anything out, so the
commit that a source tag was released with stays with it.
"""

from dataclasses import replace

from deploy.config.model import Service
from deploy.service.diff import Definition

SOURCE_TAG = "APP_SOURCE_TAG"
COMMIT = "APP_COMMIT"


def stamp(service: Service, tag: str, commit: str, running: Definition | None) -> Service:
    """Return `service` with its source tag and commit among its environment variables.

    `running` is the definition that runs now, or None. Variables of deploy.toml's own win.
    """
    known = _variables(running, service.name)
    released = known.get(COMMIT, commit) if known.get(SOURCE_TAG) == tag else commit
    stamps = {SOURCE_TAG: tag, COMMIT: released or "unknown"}
    return replace(service, environment=stamps | dict(service.environment))


def _variables(running: Definition | None, container: str) -> dict[str, str]:
    for entry in (running or {}).get("containerDefinitions", []):
        if entry.get("name") == container:
            return {pair["name"]: pair["value"] for pair in entry.get("environment", [])}
    return {}
