"""`invoke plan`: all that `invoke deploy` would do, and why. It writes nothing on AWS."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy import planfile
from deploy.backend import BackendOptions, BackendPlan
from deploy.command import NOTHING, conclude
from deploy.config.model import Config
from deploy.events import DiffShown, Emit, Finished, Note, PlanShown
from deploy.frontend import FrontendOptions
from deploy.parts import Parts, Plan, assembled
from deploy.selection import select
from deploy.service.shown import definition_diff
from deploy.site.plan import SitePlan
from deploy.site.shown import size
from deploy.wording import counted

CHANGED = 2  # the exit code of `--exit-code` when something would change


@dataclass(frozen=True)
class PlanOptions:
    """What `invoke plan` was asked for. `full` shows whole task definitions.

    `only` and `but` name services and sites, as `deploy.selection.select` takes them.
    """

    only: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    rebuild: bool = False
    full: bool = False
    exit_code: bool = False
    save: Path | None = None


def plan(config: Config, options: PlanOptions, emit: Emit) -> int:
    """Show what a deploy would do; return 0, or with `exit_code` CHANGED if it would do anything.

    Sites are built on this machine for it, images are not. Raises as `deploy.pipeline.deploy`
    does, and ConfigError if the plan can't be saved.
    """
    started = time.monotonic()
    found = _parts(config, options, emit).plan(build=False)
    emit(PlanShown(f"deploy to {config.environment.name}", found.changes))
    for diff in _definitions(found) if options.full else ():
        emit(diff)
    for warning in (*found.warnings, *_first_releases(found)):
        emit(Note(warning, "warning"))
    if options.save:
        planfile.save(options.save, config, found)
        emit(Note(f"saved as {options.save}"))
    code = CHANGED if options.exit_code and found.changed else 0
    seconds = time.monotonic() - started
    next_step = _next_step(config, options) if found.changed else ""
    return conclude(emit, Finished("planned", code, seconds, summary(found), {}, next_step))


def _parts(config: Config, options: PlanOptions, emit: Emit) -> Parts:
    chosen = select(config, options.only, options.but)
    services = BackendOptions(chosen.services, rebuild=options.rebuild)
    sites = [FrontendOptions(name, rebuild=options.rebuild) for name in chosen.sites]
    return assembled(config, services if chosen.services else None, sites, emit)


def _services(plan: Plan) -> list[BackendPlan]:
    return list(plan.services.services.values()) if plan.services else []


def _definitions(plan: Plan) -> Iterator[DiffShown]:
    for part in _services(plan):
        service = part.service
        title = f"task definition of {service.name}"
        yield DiffShown(title, definition_diff(service.request, service.base))


def _first_releases(plan: Plan) -> Iterator[str]:
    """What makes a service's first release another thing than the later ones."""
    for part in _services(plan):
        if part.service.first and part.service.update:
            yield (
                f"{part.service.name}: a first release has none to roll back to: "
                "if it fails, it is scaled to zero"
            )


def _next_step(config: Config, options: PlanOptions) -> str:
    name = config.environment.name
    environment = "" if name == "local" else f" --env {name}"
    rebuild = " --rebuild" if options.rebuild else ""
    if options.save:
        return f"invoke deploy{environment}{rebuild} --plan-file {options.save}"
    only = f" --only {','.join(options.only)}" if options.only else ""
    but = f" --except {','.join(options.but)}" if options.but else ""
    return f"invoke deploy{environment}{rebuild}{only}{but}"


def summary(plan: Plan) -> str:
    """Return in one line what a plan comes to: "1 image to build, 1 service to roll out"."""
    if not plan.changed:
        return NOTHING
    told = [*_told_services(_services(plan)), *_told_sites([part.site for _, part in plan.sites])]
    return ", ".join(told or ["an earlier run is to be ended"])


def _told_services(parts: list[BackendPlan]) -> Iterator[str]:
    images = {part.image.name for part in parts if part.image.action == "build"}
    if images:
        yield f"{counted(len(images), 'image')} to build"
    if count := sum(bool(part.migration and part.migration.run) for part in parts):
        yield f"{counted(count, 'database')} to migrate"
    if count := sum(part.service.update for part in parts):
        yield f"{counted(count, 'service')} to roll out"
    if count := sum(bool(part.service.follow) for part in parts):
        yield f"{counted(count, 'rollout')} to follow"
    if count := sum(bool(part.scaling.changes) for part in parts):
        yield f"{counted(count, 'service')} to keep at its minimum"


def _told_sites(sites: list[SitePlan]) -> Iterator[str]:
    if uploads := sum(len(site.uploads) for site in sites):
        stored = size(sum(site.upload_bytes for site in sites))
        yield f"{counted(uploads, 'file')} to upload ({stored})"
    if gone := sum(len(site.gone_pages) for site in sites):
        yield f"{counted(gone, 'page')} to delete"
    if paths := sum(len(site.all_paths) for site in sites):
        yield f"{counted(paths, 'path')} to invalidate"
