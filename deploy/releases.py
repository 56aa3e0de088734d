"""What was deployed, and what of it is live: `invoke releases`. Nothing is written.

The records tell what was done; what is live is asked of ECS and of the sites, so that a rollback by
ECS or a change by hand shows as what it is.
"""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TextIO, TypeVar

from deploy.aws import Aws, explain
from deploy.config.model import Config
from deploy.environment import read_target
from deploy.errors import ConfigError, ShipwayError
from deploy.listing import Listed, print_list, print_one
from deploy.objects import Objects
from deploy.release import archive, hold
from deploy.release.history import History, Live, Part, marks
from deploy.release.lock import holder
from deploy.release.shown import Seen, part_name, revision
from deploy.site import claim
from deploy.site.bucket import Bucket
from deploy.site.pointer import interrupted
from deploy.target import Target

T = TypeVar("T")

LIMIT = 10
LAST = "last"
READS_AT_ONCE = 8


@dataclass(frozen=True)
class ReleasesOptions:
    """What `invoke releases` was asked for. `show` is as `archive.find` takes it."""

    limit: int = LIMIT
    show: str = ""
    as_json: bool = False
    markdown: bool = False


def count(option: str, text: str) -> int:
    """Return the number that an option was given. Raises ConfigError if it is none above 0."""
    if not (text.isascii() and text.isdigit() and int(text)):
        raise ConfigError(f"{option} {text} is no number of releases", remedy=f"{option} {LIMIT}")
    return int(text)


def releases(config: Config, options: ReleasesOptions, *, stream: TextIO | None = None) -> int:
    """List the newest releases, or show one, on `stream` (stdout). Returns the exit code.

    Raises PreflightError if there is no such release, naming those that there are.
    """
    aws = Aws(config)
    aws.check_account()
    target = read_target(aws)
    objects, out = Objects(aws.http, target.records), stream or sys.stdout
    with ThreadPoolExecutor(1, thread_name_prefix="world") as beside:
        looking = beside.submit(Look(aws, target, objects).world)
        wanted = options.show or LAST * options.markdown
        record = archive.find(objects, wanted) if wanted else None
        history = archive.read(objects, None if record else options.limit)
    found = joined(history, looking.result(), lambda: archive.read(objects))
    found = replace(found, environment=target.environment)
    if record:
        print_one(record, found, out, as_json=options.as_json, as_markdown=options.markdown)
    else:
        print_list(found, out, as_json=options.as_json)
    return 0


@dataclass(frozen=True)
class World:
    """What is live, and how many tasks each service has; `token` is the lock holder's, if any.

    `now` is the server's time in Unix seconds, `warnings` tell what could not be read.
    """

    live: Live
    tasks: dict[str, int]
    token: int | None
    now: float
    warnings: tuple[str, ...]


class Look:
    """The reads of the real world, side by side. What can't be read costs a warning."""

    def __init__(self, aws: Aws, target: Target, objects: Objects) -> None:
        self.aws, self.target, self.objects = aws, target, objects
        self.warnings: list[str] = []

    def world(self) -> World:
        """Return what is live now."""
        with ThreadPoolExecutor(READS_AT_ONCE, thread_name_prefix="look") as threads:
            services = threads.submit(self._told, "what runs on ECS", self._services)
            token = threads.submit(self._told, "the lock", self._token)
            sites = {name: threads.submit(self._site, name) for name in self.target.sites}
        found = services.result() or {}
        return World(
            Live(
                {name: arn for name, (arn, _) in found.items()},
                {name: site.result() for name, site in sites.items() if site.result()},
            ),
            {name: tasks for name, (_, tasks) in found.items()},
            token.result(),
            self.aws.http.server_time(),
            tuple(self.warnings),
        )

    def _told(self, what: str, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except Exception as error:
            known = error if isinstance(error, ShipwayError) else explain(error)
            if known is None:
                raise
            self.warnings.append(f"{what} can't be told: {known.message}")
            return None

    def _services(self) -> dict[str, tuple[str, int]]:
        """The task definition of each service's PRIMARY deployment, and the tasks it is to have."""
        from deploy.service.describe import describe_services
        from deploy.service.plan import primary_of

        names = {place.service: name for name, place in self.target.services.items()}
        if not names:
            return {}
        entries = describe_services(self.aws.client("ecs"), self.target.cluster, list(names))
        return {
            names[service]: (str(primary["taskDefinition"]), int(entry.get("desiredCount", 0)))
            for service, entry in entries.items()
            if (primary := primary_of(entry))
        }

    def _site(self, name: str) -> str:
        bucket = Bucket(self.aws.http, self.target.sites[name].bucket)
        pointer = self._told(f"what is live of site {name}", lambda: claim.read(bucket))
        if interrupted(pointer):
            self.warnings.append(f"site {name} is being published, or a run was cut off at that")
        return pointer.release if pointer else ""

    def _token(self) -> int | None:
        lock = hold.read(self.objects)
        return lock.token if holder(lock, self.aws.http.server_time()) else None


def joined(history: History, world: World, all_of_it: Callable[[], History]) -> Listed:
    """Return the list, with what is live marked. `all_of_it` reads the records that `history` has
    not: only if something that is live is in none of those it has.
    """
    found = marks(history.records, world.live)
    if history.older and not all(found.values()):
        found = marks(all_of_it().records, world.live)
    shown = {record.id for record in history.records}
    notes = (*world.warnings, *_unrecorded(found, world), *_elsewhere(found, shown))
    return Listed(history, Seen(world.now, world.token, found), world.live, notes)


def _unrecorded(found: dict[Part, str], world: World) -> Iterator[str]:
    """Tell of what no release gave: it was changed by hand, or its record is gone."""
    for part, release in found.items():
        kind, name = part
        if not release and kind == "site":
            yield f"{part_name(part)} serves {world.live.sites[name]}, which no release here made"
        elif not release and world.tasks.get(name):
            runs = revision(world.live.services[name])
            yield f"{part_name(part)} runs {runs}, which no release here made"


def _elsewhere(found: dict[Part, str], shown: set[str]) -> Iterator[str]:
    for part, release in found.items():
        if release and release not in shown:
            yield f"{part_name(part)} runs what release {release} made"
