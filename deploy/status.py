"""How an environment does: `invoke status`. Joins what service/ and site/ can tell.

Every part is read on its own, side by side with the others: what may not be read is shown as
unknown, and the rest still shows. Nothing is written.
"""

import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TextIO, TypeVar

from deploy.aws import Aws
from deploy.config.model import Config
from deploy.environment import read_target
from deploy.errors import ShipwayError
from deploy.events import Emit
from deploy.objects import Objects
from deploy.release import lock
from deploy.screen import opened
from deploy.service.status import ServiceStatus, Unknown
from deploy.service.survey import NOT_ALLOWED, Survey, part
from deploy.site import archive, claim
from deploy.site.bucket import Bucket
from deploy.site.manifest import Release
from deploy.site.pointer import Pointer
from deploy.target import SiteTarget, Target

T = TypeVar("T")

READS_AT_ONCE = 8
EVERY = 2.0  # seconds between two looks of --watch


@dataclass(frozen=True)
class SiteStatus:
    """What is live of a site; `release` is None before the first one."""

    name: str
    url: str
    release: Release | None = None
    state: str = "live"
    pending: int = 0  # paths whose invalidation CloudFront has not confirmed


@dataclass(frozen=True)
class Alarm:
    """A CloudWatch alarm. `state` is OK, ALARM or INSUFFICIENT_DATA."""

    name: str
    state: str
    reason: str = ""


@dataclass(frozen=True)
class Held:
    """Who holds the environment's lock, why, and since when (Unix seconds, the server's)."""

    by: str
    reason: str
    since: float
    frozen: bool  # until somebody lets it go


@dataclass(frozen=True)
class EnvironmentStatus:
    """All of it. `lock` is None while nobody holds it; `at` is when it was read (Unix seconds)."""

    project: str
    environment: str
    account: str
    region: str
    services: Mapping[str, ServiceStatus | Unknown]
    sites: Mapping[str, SiteStatus | Unknown] = field(default_factory=dict)
    alarms: tuple[Alarm, ...] | Unknown = ()
    lock: Held | Unknown | None = None
    at: float = field(default=0.0, compare=False)

    @property
    def problems(self) -> tuple[str, ...]:
        """What is not as it was asked to be, each with its service's name."""
        return tuple(
            f"{name}: {problem}"
            for name, service in self.services.items()
            if isinstance(service, ServiceStatus)
            for problem in service.problems
        )


class Look:
    """Reads one environment again and again. Its clients are made once, and not by threads."""

    def __init__(self, aws: Aws, target: Target) -> None:
        self.aws, self.target = aws, target
        clients = (aws.client(name) for name in ("ecs", "elbv2", "application-autoscaling"))
        self.services = Survey(target, *clients)
        self.cloudwatch = aws.client("cloudwatch")
        self.releases: dict[str, Release | None] = {}

    def read(self) -> EnvironmentStatus:
        """Return how the environment does now."""
        target = self.target
        with ThreadPoolExecutor(READS_AT_ONCE, thread_name_prefix="status") as pool:
            return self._read(target, pool)

    def _read(self, target: Target, pool: Executor) -> EnvironmentStatus:
        alarms = pool.submit(part, self._alarms)
        held = pool.submit(told, self._lock)
        sites = {
            place.name: pool.submit(told, lambda place=place: self._site(place))
            for place in target.sites.values()
        }
        return EnvironmentStatus(
            target.project,
            target.environment,
            target.account,
            target.region,
            self.services.read(pool),
            {name: site.result() for name, site in sites.items()},
            alarms.result(),
            held.result(),
            self.aws.http.server_time(),
        )

    def _alarms(self) -> tuple[Alarm, ...]:
        """Those that are named after the environment: target tracking's own are not."""
        prefix = f"{self.target.project}-{self.target.environment}"
        reply = self.cloudwatch.describe_alarms(AlarmNamePrefix=prefix)
        found = (*reply.get("MetricAlarms", ()), *reply.get("CompositeAlarms", ()))
        return tuple(
            Alarm(each["AlarmName"], each.get("StateValue", ""), each.get("StateReason", ""))
            for each in found
        )

    def _lock(self) -> Held | None:
        got = Objects(self.aws.http, self.target.records).get(lock.KEY)
        held = lock.parse(got.body if got else None)
        holder = lock.holder(held, self.aws.http.server_time())
        if holder is None:
            return None
        return Held(holder.name, held.reason, held.since, frozen=held.until is None)

    def _site(self, place: SiteTarget) -> SiteStatus:
        bucket = Bucket(self.aws.http, place.bucket)
        pointer = claim.read(bucket) or Pointer()
        if pointer.release not in self.releases:
            with archive.opened(bucket, pointer.release) as (release, _):
                self.releases[pointer.release] = release
        live = self.releases[pointer.release]
        return SiteStatus(place.name, place.url, live, pointer.state, len(pointer.pending))


def told(read: Callable[[], T]) -> T | Unknown:
    """Return what `read` returns, or why the bucket that it reads did not tell."""
    try:
        return read()
    except ShipwayError as error:
        return Unknown(NOT_ALLOWED if "may not do" in error.message else error.message)


def status(
    config: Config,
    _: Emit,
    *,
    watch: bool = False,
    as_json: bool = False,
    stream: TextIO | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Show how the environment does; with `watch` again and again, until Ctrl-C.

    Returns 0 if everything is as it was asked to be, else 1: fewer tasks run than desired while
    nothing is rolled out, a target is unhealthy, or a rollout failed. Raises PreflightError if the
    environment can't be found.
    """
    aws = Aws(config)
    account = aws.check_account()
    look = Look(aws, read_target(aws)._replace(account=account))
    with opened(stream or sys.stdout, watch=watch, as_json=as_json) as show:
        if watch:
            return _watched(look.read, show, sleep)
        found = look.read()
        show(found)
        return 1 if found.problems else 0


def _watched(
    read: Callable[[], EnvironmentStatus],
    show: Callable[[EnvironmentStatus], None],
    sleep: Callable[[float], None],
) -> int:
    try:
        while True:
            show(read())
            sleep(EVERY)
    except KeyboardInterrupt:
        return 0
