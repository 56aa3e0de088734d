"""Desired against running task definition, and what of the running one survives. Pure.

The merge policy: what the template names belongs to Shipway, and what it doesn't name stays.

- A field that only the running definition has (set in the console, say) survives, at any depth of
  maps. A field that the template sets to null is removed.
- A list that the template names is its own entirely: a variable that left deploy.toml is gone.
- But for containers, volumes and mount points, which are joined by name: a sidecar that somebody
  added survives, with its volume. Shipway's own volume does not outlive the template's.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from deploy.events import Change

Definition = Mapping[str, Any]

# What ECS adds to a reply: the members of TaskDefinition that RegisterTaskDefinition doesn't take.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html
ADDED = frozenset(
    {
        "taskDefinitionArn",
        "revision",
        "status",
        "requiresAttributes",
        "compatibilities",
        "registeredAt",
        "registeredBy",
        "deregisteredAt",
        "deleteRequestedAt",
    }
)
# Tags are no part of a revision's content: DescribeTaskDefinition returns them beside it.
NOT_COMPARED = ADDED | {"tags"}

# What ECS fills in, by the field's parent.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "": {"enableFaultInjection": False},
    "containerDefinitions": {
        "cpu": 0,
        "essential": True,
        "readonlyRootFilesystem": False,
        "privileged": False,
        "interactive": False,
        "pseudoTerminal": False,
        "disableNetworking": False,
    },
    "portMappings": {"protocol": "tcp"},
    "mountPoints": {"readOnly": False},
    "healthCheck": {"interval": 30, "timeout": 5, "retries": 3, "startPeriod": 0},
    "linuxParameters": {"initProcessEnabled": False},
}

# Lists whose order means nothing, and what names an entry of theirs.
KEYS: Mapping[str, Callable[[Any], str]] = {
    "containerDefinitions": lambda entry: str(entry.get("name")),
    "environment": lambda entry: str(entry.get("name")),
    "secrets": lambda entry: str(entry.get("name")),
    "secretOptions": lambda entry: str(entry.get("name")),
    "volumes": lambda entry: str(entry.get("name")),
    "ulimits": lambda entry: str(entry.get("name")),
    "mountPoints": lambda entry: str(entry.get("containerPath")),
    "dependsOn": lambda entry: str(entry.get("containerName")),
    "systemControls": lambda entry: str(entry.get("namespace")),
    "portMappings": lambda entry: (
        f"{entry.get('containerPort') or entry.get('containerPortRange')}"
        f"/{entry.get('protocol', 'tcp')}"
    ),
}
VARIABLES = frozenset({"environment", "secrets", "secretOptions"})  # a name and one value each
UNORDERED = frozenset({"requiresCompatibilities", "add", "drop"})
JOINED = frozenset({"containerDefinitions", "volumes", "mountPoints"})
OWN_VOLUME = "shipway-tmp"

SECRET_NAME = re.compile(
    r"passw|pwd|secret|token|credential|private|api_?key|access_?key|auth(?!or)|dsn|signature",
    re.IGNORECASE,
)
SECRET_VALUE = re.compile(
    r"://[^/\s:@]*:[^/\s@]+@|AKIA[0-9A-Z]{16}|-----BEGIN|\beyJ[\w-]+\.[\w-]+\.|"
    r"(?i:--?(?:password|token|secret|api-key)[= ,\"])"
)
REDACTED = "[REDACTED]"
SECRETS_ROTATED = "[APP_SECRETS_VERSION]"  # a hash of versions: see deploy/secrets/resolve.py


def pruned(node: Any) -> Any:
    """Return `node` without the fields that are null."""
    if isinstance(node, Mapping):
        return {key: pruned(value) for key, value in node.items() if value is not None}
    if isinstance(node, list | tuple):
        return [pruned(entry) for entry in node]
    return node


def merged(desired: Definition, running: Definition | None) -> dict[str, Any]:
    """Return what to register: `desired`, and what only `running` has, by the merge policy above.

    Both are as RegisterTaskDefinition takes and DescribeTaskDefinition returns them.
    """
    kept = {key: value for key, value in (running or {}).items() if key not in NOT_COMPARED}
    result: dict[str, Any] = pruned(_merge(desired, kept))
    return result


def _merge(desired: Definition, running: Definition) -> dict[str, Any]:
    kept = {
        key: value
        for key, value in running.items()
        if key not in desired and value not in (None, "", [], {})
    }
    return {key: _field(key, value, running.get(key)) for key, value in desired.items()} | kept


def _field(key: str, desired: Any, running: Any) -> Any:
    if isinstance(desired, Mapping) and isinstance(running, Mapping):
        return _merge(desired, running)
    if key in JOINED and isinstance(desired, list) and isinstance(running, list):
        return _join(key, desired, running)
    return desired


def _join(key: str, desired: list[Any], running: list[Any]) -> list[Any]:
    name = KEYS[key]
    theirs = {name(entry): entry for entry in running if not _own(entry)}
    mine = [_merge(entry, theirs.pop(name(entry), {})) for entry in desired]
    return mine + list(theirs.values())


def _own(entry: Any) -> bool:
    return OWN_VOLUME in (entry.get("sourceVolume"), entry.get("name"))


def same(left: Definition, right: Definition) -> bool:
    """Say whether both mean the same to ECS."""
    return leaves(left) == leaves(right)


def kept_paths(desired: Definition, request: Definition) -> tuple[str, ...]:
    """Return the JSON paths in `request` that the template does not name: what survived."""
    return tuple(sorted(leaves(request).keys() - leaves(desired).keys()))


def diff(request: Definition, running: Definition) -> tuple[Change, ...]:
    """Return what registering `request` would change of `running`, each by its JSON path.

    Values that look secret are redacted.
    """
    after, before = leaves(request), leaves(running)
    paths = sorted(before.keys() | after.keys())
    return tuple(
        _change(path, before.get(path), after.get(path))
        for path in paths
        if before.get(path) != after.get(path)
    )


def _change(path: str, before: str | None, after: str | None) -> Change:
    sign, reason = ("~", "differs")
    if before is None:
        sign, reason = ("+", "new")
    elif after is None:
        sign, reason = ("-", "gone from deploy.toml or the template")
    elif path.endswith(".image"):
        reason = "another image"
    elif path.endswith(SECRETS_ROTATED):
        reason = "a secret was rotated"
    return Change(
        sign,  # type: ignore[arg-type] # one of its literals, which mypy widens in the assignment
        path,
        reason,
        before=None if before is None else shown_value(path, before),
        after=None if after is None else shown_value(path, after),
    )


def shown_value(path: str, value: str) -> str:
    """Return what may be shown of the value at a JSON path: REDACTED if it looks secret."""
    # Where a secret is, or which version, and not what it says.
    is_reference = ".secrets[" in path or path.endswith(("Arn", SECRETS_ROTATED))
    name = re.split(r"[.\[]", path.removesuffix("]"))[-1]
    secret = (SECRET_NAME.search(name) and not is_reference) or SECRET_VALUE.search(value)
    return REDACTED if secret else value


def leaves(definition: Definition) -> dict[str, str]:
    """Flatten to JSON path -> text, without what ECS adds and its defaults. Order means nothing."""
    own = {key: value for key, value in definition.items() if key not in NOT_COMPARED}
    return dict(_walk("$", "", own))


def _walk(path: str, parent: str, node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping):
        yield from _walk_map(path, parent, node)
    elif isinstance(node, list) and parent in KEYS:
        for entry in node:
            yield from _walk_entry(f"{path}[{KEYS[parent](entry)}]", parent, entry)
    elif isinstance(node, list):
        entries = sorted(node) if parent in UNORDERED else node
        yield path, json.dumps(entries, sort_keys=True)
    else:
        yield path, node if isinstance(node, str) else json.dumps(node)


def _walk_map(path: str, parent: str, node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in fields(parent, node):
        yield from _walk(f"{path}.{key}", key, value)


def fields(parent: str, node: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the fields that say something: those that are neither empty nor ECS's default.

    `parent` is the name of the field that `node` is the value of, "" for the definition itself.
    """
    defaults = DEFAULTS.get(parent, {})
    for key, value in node.items():
        empty = value is None or value in ("", [], {})
        mirrored = key == "hostPort" and value == node.get("containerPort")
        if not (empty or mirrored or (key in defaults and defaults[key] == value)):
            yield key, value


def _walk_entry(path: str, parent: str, entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """An entry of a named list: a variable is one leaf, and an entry of defaults still counts."""
    if parent in VARIABLES:
        yield path, str(entry.get("value", entry.get("valueFrom", "")))
        return
    found = list(_walk_map(path, parent, entry))
    yield from found or [(path, "present")]
