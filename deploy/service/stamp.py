"""The variables that tell a container what it is. Pure.

They are part of the task definition, not of the image: the same source is the same image, whatever
commit it is at. And a commit that leaves the source as it was must not roll anything out, so the
commit that a source tag was released with stays with it.
"""

from collections.abc import Sequence

from deploy.config.model import Service
from deploy.service.diff import Definition

SOURCE_TAG = "APP_SOURCE_TAG"
COMMIT = "APP_COMMIT"


def stamp(
    service: Service, tag: str, commit: str, known: Sequence[Definition | None] = ()
) -> Service:
    """Return `service` with its source tag and commit among its environment variables.

    `known` are the definition that runs and the latest one. Variables of deploy.toml's own win.
    """
    stamped = [variables(definition, service.name) for definition in known]
    before = [each[COMMIT] for each in stamped if each.get(SOURCE_TAG) == tag and COMMIT in each]
    released = next(iter(before), commit)
    stamps = {SOURCE_TAG: tag, COMMIT: released or "unknown"}
    return service._replace(environment=stamps | dict(service.environment))


def variables(running: Definition | None, container: str) -> dict[str, str]:
    """Return the environment variables of a container of a task definition."""
    for entry in (running or {}).get("containerDefinitions", []):
        if entry.get("name") == container:
            return {pair["name"]: pair["value"] for pair in entry.get("environment", [])}
    return {}
