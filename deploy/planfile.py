"""A saved plan: written by `invoke plan --save FILE`, held to by `invoke deploy --plan-file FILE`.

`deploy.release.saved` has its values and says what moved; this makes them of the rooms' plans.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from deploy import git
from deploy.config.model import Config
from deploy.errors import ConfigError, PreflightError
from deploy.events import Emit, Note
from deploy.release.saved import (
    OLD,
    Saved,
    SavedService,
    SavedSite,
    elsewhere,
    moved,
    parse,
    serialize,
)
from deploy.service.diff import diff, leaves
from deploy.service.plan import ServicePlan
from deploy.service.stamp import COMMIT
from deploy.site.plan import SitePlan
from deploy.site.pointer import interrupted

if TYPE_CHECKING:
    from deploy.backend import BackendPlan
    from deploy.parts import Plan


COMMIT_PATH = f".environment[{COMMIT}]"


def save(path: Path, config: Config, plan: "Plan", *, now: Callable[[], float] = time.time) -> None:
    """Write what `plan` rests on to a file. `now` gives Unix seconds.

    Raises ConfigError if the file can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(serialize(_seen(config, plan, now())))
    except OSError as error:
        raise ConfigError(
            f"the plan can't be saved: {error}", remedy="name another file"
        ) from error


def read(path: Path, config: Config) -> Saved:
    """Read a saved plan, whose `parts` are then what is to be deployed.

    Raises ConfigError if it can't be read, PreflightError if it is damaged or not for here.
    """
    try:
        saved = parse(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the saved plan can't be read: {error}",
            remedy=f"make it: `invoke plan --save {path}`",
        ) from error
    here = (config.project, config.environment.name, config.environment.account or "")
    wrong = elsewhere(saved, *here, defined=(*config.services, *config.sites))
    if wrong:
        name = config.environment.name
        raise PreflightError(
            f"this saved plan can't be applied here: {wrong}",
            remedy=f"save one for here: `invoke plan --env {name} --save FILE`",
        )
    return saved


def check(
    saved: Saved, config: Config, plan: "Plan", emit: Emit, *, now: Callable[[], float] = time.time
) -> None:
    """Refuse to apply `plan` unless it is what was saved; a plan of long ago is warned about.

    Raises PreflightError, naming each thing that moved.
    """
    seen = _seen(config, plan, now())
    if differences := moved(saved, seen):
        raise PreflightError(
            "the saved plan is not what would be done now",
            details=differences,
            remedy="look at it anew and save that: `invoke plan --save FILE`",
        )
    if seen.created - saved.created > OLD:
        hours = (seen.created - saved.created) / 3600
        emit(Note(f"the saved plan is {hours:.0f} hours old; nothing has moved since", "warning"))


def _seen(config: Config, plan: "Plan", now: float) -> Saved:
    environment = config.environment
    services = plan.services.services if plan.services else {}
    return Saved(
        project=config.project,
        environment=environment.name,
        account=environment.account or "",
        created=now,
        commit=git.head(config.root).name,
        services={name: _service(part) for name, part in services.items()},
        sites={part.site.site: _site(part.site) for _, part in plan.sites},
    )


def _service(part: "BackendPlan") -> SavedService:
    image, service, scaling = part.image, part.service, part.scaling
    base = service.base or {}
    return SavedService(
        source_tag=image.tag,
        image=image.action,
        digest=image.digest,
        definition=_hash(_released(leaves(service.request))),
        paths=tuple(_released({change.subject: "" for change in diff(service.request, base)})),
        running=service.running_arn,
        deployment=service.primary,
        rollout=_rollout(service),
        scaling=(scaling.minimum, scaling.wanted),
        migration=_migration(part),
    )


def _migration(part: "BackendPlan") -> tuple[str, ...]:
    plan = part.migration
    return tuple(each.id for each in plan.pending) if plan and plan.run else ()


def _rollout(service: ServicePlan) -> str:
    if service.follow:
        return "follow"
    if service.register:
        return "register"
    return "update" if service.update else ""


def _released(leaves: Mapping[str, str]) -> dict[str, str]:
    """Leave out the commit, which is told and decides nothing: a saved plan makes a tree dirty."""
    return {path: value for path, value in leaves.items() if not path.endswith(COMMIT_PATH)}


def _hash(value: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _site(site: SitePlan) -> SavedSite:
    changes = {upload.file.key: upload.reason for upload in site.uploads}
    found = {entry.file.key: "found" for entry in site.kept_unknown}
    return SavedSite(
        build=site.fingerprint,
        live=site.base.id if site.base else "",
        changes={**changes, **found, **dict.fromkeys(site.dropped, "gone")},
        pending=site.pending,
        interrupted=interrupted(site.pointer),
    )
