"""Taking away what no kept release needs: `invoke prune`.

What runs is asked of ECS itself, and asked again under the lock; only what both looks found to be
spare is taken. Revisions go before images, images before records: wherever it stops, each revision
that is left has its image, and the next run takes the rest.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from deploy.aws import Aws
from deploy.command import NOTHING, conclude, confirm, planned
from deploy.config.model import Config, Site
from deploy.environment import read_target
from deploy.events import Change, Emit, Finished, PlanShown
from deploy.frontend import Frontend, FrontendOptions
from deploy.locking import changing
from deploy.objects import Objects
from deploy.outcome import Outcome
from deploy.release import archive
from deploy.release.record import key_of
from deploy.release.spare import (
    Revision,
    Spare,
    StoredImage,
    World,
    needed,
    releases_to_keep,
    spare,
)
from deploy.service.inventory import images_of
from deploy.service.operation import is_bootstrap
from deploy.site import archive as site_archive
from deploy.site import claim
from deploy.site import prune as site_prune
from deploy.site.phase import phase
from deploy.site.releases import expired
from deploy.wording import counted


@dataclass(frozen=True)
class PruneOptions:
    """What was asked for. `keep` is a number of releases, `wait` how long another run's lock is
    waited for, in seconds.
    """

    keep: int = 10
    plan_only: bool = False
    yes: bool = False
    wait: float = 0


@dataclass(frozen=True)
class PrunePlan:
    """What goes. `sites` are the sites with what they keep, `expired` the releases that go."""

    spare: Spare
    sites: Mapping[str, Site]
    expired: Mapping[str, tuple[str, ...]]

    @property
    def changed(self) -> bool:
        return self.spare.changed or any(self.expired.values())

    @property
    def changes(self) -> tuple[Change, ...]:
        sites = (
            Change(
                "-", f"site {name}", f"{counted(len(ids), 'release')}, and the files of no other"
            )
            for name, ids in self.expired.items()
            if ids
        )
        return (*sites, *self.spare.changes)


def prune(config: Config, options: PruneOptions, emit: Emit) -> int:
    """Take away what neither what runs nor the last `keep` successful releases need.

    Returns the exit code of the outcome. Raises LockedError if another run holds the environment,
    ToolError if something can't be taken: what is left is whole, and the next run takes the rest.
    """
    return Prune(config, options, emit).run()


class Prune:
    """One clean-up of an environment."""

    def __init__(self, config: Config, options: PruneOptions, emit: Emit) -> None:
        self.config, self.options, self.emit = config, options, emit
        self.started = time.monotonic()
        self.aws = Aws(config)
        self.aws.check_account()
        self.target = read_target(self.aws)
        self.sites = {
            name: Frontend(config, FrontendOptions(name), emit)
            for name in config.sites
            if name in self.target.sites
        }
        for site in self.sites.values():
            site.preflight()

    def run(self) -> int:
        """Plan, and unless only the plan was asked for take away. Return the exit code."""
        plan = self.plan()
        name = self.config.environment.name
        self.emit(PlanShown(f"prune {name}, keeping {self._kept}", plan.changes))
        if self.options.plan_only:
            return self._end("planned", planned(changed=plan.changed))
        if not plan.changed:
            return self._end(Outcome.UNCHANGED.label, NOTHING)
        confirm(self.config, "what is taken away", yes=self.options.yes)
        return self._end(Outcome.SUCCEEDED.label, self._apply(plan))

    @property
    def _kept(self) -> str:
        count = self.options.keep
        return f"the last {count} releases" if count > 1 else "the last release"

    def plan(self) -> PrunePlan:
        """Read what there is and return what can go. Nothing is written."""
        world = self._world()
        sites = {name: self._widened(world, name) for name in self.sites}
        gone = {name: self._expired(name, site, world) for name, site in sites.items()}
        return PrunePlan(spare(world, self.options.keep), sites, gone)

    def _world(self) -> World:
        from deploy.service import inventory

        ecs, places = self.aws.client("ecs"), list(self.target.services.values())
        use = inventory.in_use(ecs, self.target.cluster, places)
        active = inventory.active(ecs, [place.family for place in places])
        return World(
            archive.read(Objects(self.aws.http, self.target.records)).records,
            self._revisions(active, use.definitions),
            self._images(),
            use.definitions,
            use.digests,
            {name: site_archive.releases(site.bucket) for name, site in self.sites.items()},
        )

    def _revisions(self, active: tuple[str, ...], used: frozenset[str]) -> tuple[Revision, ...]:
        from deploy.service.inventory import read_all

        ours = {self.target.services[name].family for name in self._services}
        found = read_all(self.aws.client("ecs"), {*active, *used})
        return tuple(
            Revision(
                arn,
                str(each["family"]),
                int(each["revision"]),
                images_of(each),
                ours=each["family"] in ours and not is_bootstrap(each),
                active=each.get("status", "ACTIVE") == "ACTIVE",
            )
            for arn, each in found.items()
        )

    @property
    def _services(self) -> list[str]:
        """Those that deploy.toml and the environment both have."""
        return [name for name in self.config.services if name in self.target.services]

    def _images(self) -> tuple[StoredImage, ...]:
        from deploy.image.inventory import stored

        ecr = self.aws.client("ecr")
        names = dict.fromkeys(self.target.services[name].repository for name in self._services)
        return tuple(
            StoredImage(name, each.digest, each.tags, each.size, each.children)
            for name in names
            for each in stored(ecr, name)
        )

    def _widened(self, world: World, name: str) -> Site:
        """Return a site that keeps what the kept releases need, if that is more than its own."""
        site = self.sites[name].wanted
        states = needed(world.records, self.options.keep)
        wanted = [state.sites.get(name, "") for state in states]
        count = releases_to_keep(world.sites[name], wanted, site.keep_releases)
        return site._replace(keep_releases=count)

    def _expired(self, name: str, site: Site, world: World) -> tuple[str, ...]:
        pointer, ids = claim.read(self.sites[name].bucket), world.sites[name]
        gone = expired(ids, site, pointer.release, self.aws.http.server_time()) if pointer else ()
        return gone if site_prune.is_worth_it(len(gone), len(ids) - len(gone)) else ()

    def _apply(self, approved: PrunePlan) -> str:
        """Look again under the lock, and take what is still spare. Return what that was."""
        clients = [self.aws, *(site.aws for site in self.sites.values())]
        with changing(self.target, clients, self.emit, wait=self.options.wait, reason="prune"):
            plan = self.plan()
            found = plan.spare.within(approved.spare)
            self._take_revisions(found)
            self._take_images(found)
            for name in self.sites:
                if approved.expired[name]:
                    self._take_site(name, plan.sites[name])
            self._take_records(found)
        return ", ".join(
            counted(len(taken), noun)
            for taken, noun in (
                (found.revisions, "revision"),
                (found.images, "image"),
                (found.records, "record"),
                ([one for ids in approved.expired.values() for one in ids], "site release"),
            )
            if taken
        )

    def _take_revisions(self, found: Spare) -> None:
        from deploy.service.inventory import deregister

        if found.revisions:
            count = counted(len(found.revisions), "revision")
            with phase("deregister revisions", self.emit, time.monotonic, count) as running:
                deregister(self.aws.client("ecs"), [each.arn for each in found.revisions])
                running.summary = count

    def _take_images(self, found: Spare) -> None:
        from deploy.image.inventory import Stored, delete

        for name in dict.fromkeys(image.repository for image in found.images):
            wanted = [
                Stored(each.digest, children=each.children)
                for each in found.images
                if each.repository == name
            ]
            count = counted(len(wanted), "image")
            with phase(f"delete images of {name}", self.emit, time.monotonic, count) as running:
                delete(self.aws.client("ecr"), name, wanted)
                running.summary = count

    def _take_site(self, name: str, site: Site) -> None:
        front = self.sites[name]
        site_prune.prune(
            front.bucket, site, self.emit, run=front.run, clock=front.clock, now=front.now
        )

    def _take_records(self, found: Spare) -> None:
        if found.records:
            records = Objects(self.aws.http, self.target.records)
            count = counted(len(found.records), "record")
            with phase("delete records", self.emit, time.monotonic, count) as running:
                records.delete([(key_of(release), "") for release in found.records])
                running.summary = count

    def _end(self, outcome: str, summary: str) -> int:
        seconds = time.monotonic() - self.started
        return conclude(self.emit, Finished(outcome, 0, seconds, summary or NOTHING))
