"""What there is to return to: the records, and whether ECS, ECR and the sites still have it.

Nothing is written here, and nothing but AWS is asked: a rollback needs no build and no Docker.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from deploy.aws import Aws
from deploy.environment import service_place
from deploy.errors import PreflightError
from deploy.events import Change
from deploy.frontend import Frontend
from deploy.objects import Objects
from deploy.records import UNCHANGED
from deploy.release import archive, back
from deploy.release.history import SHORT, Part
from deploy.release.record import Record, ServiceRecord, SiteRecord
from deploy.release.shown import part_name
from deploy.selection import Selection
from deploy.service.back import Earlier, is_rolling, plan_return, runs
from deploy.service.plan import ServicePlan, ServiceState
from deploy.site import archive as site_archive
from deploy.site import claim
from deploy.site.pointer import interrupted
from deploy.site.releases import same_content
from deploy.site.rollback import RollbackPlan, plan_rollback
from deploy.target import Target


@dataclass(frozen=True)
class Wanted:
    """What was asked for: `to` names a release, `commit` that of one; "" for both: the one before.

    `whole` says that nothing was left out by name: then all that ran must be there.
    """

    to: str = ""
    commit: str = ""
    whole: bool = True


@dataclass(frozen=True)
class ReturnPlan:
    """What returns an environment to `release`. What is in neither stays as it is.

    `digests` are, by service, those that its running tasks may report. `source_tags` are of
    their images. `before` is what a record says of each part until something is changed.
    """

    release: Record
    services: Mapping[str, ServicePlan]
    sites: Mapping[str, RollbackPlan]
    digests: Mapping[str, Sequence[str]]
    source_tags: Mapping[str, str]
    stays: tuple[Change, ...]
    before: tuple[Mapping[str, ServiceRecord], Mapping[str, SiteRecord]]

    @property
    def changed(self) -> bool:
        return bool(self.services or self.sites)

    @property
    def changes(self) -> tuple[Change, ...]:
        services = [line for plan in self.services.values() for line in plan.changes]
        sites = [line for plan in self.sites.values() for line in _site_lines(plan)]
        return (*services, *sites, *self.stays)

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(note for plan in self.services.values() for note in plan.notes)


def _site_lines(plan: RollbackPlan) -> tuple[Change, ...]:
    before = plan.plan.base.id if plan.plan.base else None
    first, *rest = plan.changes
    return (first._replace(before=before, after=plan.target.id), *rest)


class WayBack:
    """One look at an environment and its past, for the services and sites in `chosen`."""

    def __init__(
        self, aws: Aws, target: Target, chosen: Selection, sites: Mapping[str, Frontend]
    ) -> None:
        self.aws, self.target, self.chosen, self.sites = aws, target, chosen, sites
        self.objects = Objects(aws.http, target.records)
        self.earlier: dict[tuple[str, str], Earlier] = {}
        self.images: dict[tuple[str, str], tuple[str, ...] | None] = {}

    @cached_property
    def records(self) -> tuple[Record, ...]:
        return archive.read(self.objects).records

    @cached_property
    def states(self) -> dict[str, ServiceState]:
        from deploy.service.describe import read_states

        names = [service_place(self.target, name).name for name in self.chosen.services]
        return read_states(self.aws.client("ecs"), self.target, names) if names else {}

    @cached_property
    def site_releases(self) -> dict[str, tuple[str, ...]]:
        return {name: site_archive.releases(site.bucket) for name, site in self.sites.items()}

    @cached_property
    def now(self) -> dict[Part, str]:
        """What runs. A site that a run left half published is like nothing."""
        found: dict[Part, str] = {("service", name): runs(s) for name, s in self.states.items()}
        for name, site in self.sites.items():
            pointer = claim.read(site.bucket)
            whole = pointer is not None and not interrupted(pointer)
            found["site", name] = pointer.release if pointer and whole else ""
        return found

    def plan(self, wanted: Wanted) -> ReturnPlan:
        """Return what to do. Raises PreflightError, naming the releases that are left, if what
        ran then can't run again.
        """
        record = self._choose(wanted)
        then = back.differing(self.now, back.under(self.records, record.id))
        if reasons := [reason for part in then.items() if (reason := self._why_not(*part))]:
            raise PreflightError(
                f"release {record.id} can't be returned to: {reasons[0]}",
                details=reasons[1:],
                remedy=self._left(),
            )
        services = self._services(record, then)
        sites = {name: self._site(name, then["site", name]) for name in self._in(then, "site")}
        return ReturnPlan(
            record,
            services,
            {name: plan for name, plan in sites.items() if plan.changed},
            {name: self._digests(plan) for name, plan in services.items()},
            {name: self._rolled(plan).source_tag for name, plan in services.items()},
            tuple(self._stays(record, services, sites)),
            (self._service_records(services), self._site_records(sites)),
        )

    def _choose(self, wanted: Wanted) -> Record:
        named = archive.find(self.objects, wanted.to).id if wanted.to else ""
        record = back.choose(self.records, self.now, named=named, commit=wanted.commit)
        if wanted.whole and (lost := back.lost(record, self.now.keys())):
            rest = ",".join((*self.chosen.services, *self.chosen.sites))
            raise PreflightError(
                f"release {record.id} ran {', '.join(lost)}, which is no more",
                remedy=f"`--only {rest}` leaves it out; or: {self._left()}",
            )
        return record

    def _services(self, record: Record, then: Mapping[Part, str]) -> dict[str, ServicePlan]:
        """Those that run something else, and those whose rollout to just that goes on."""
        under, why = back.under(self.records, record.id), f"as in release {record.id[-SHORT:]}"
        return {
            name: plan_return(
                self.target.services[name], state, self._earlier(name, under["service", name]), why
            )
            for name, state in self.states.items()
            if ("service", name) in then or (is_rolling(state) and ("service", name) in under)
        }

    def _site(self, name: str, release: str) -> RollbackPlan:
        site = self.sites[name]
        found = same_content(self.site_releases[name], release)
        try:
            return plan_rollback(site.bucket, site.wanted, to=found)
        except PreflightError as error:
            raise PreflightError(error.message, remedy=self._left()) from error

    def _why_not(self, part: Part, value: str) -> str:
        """Say why a part can't run again what it ran; "" if it can."""
        kind, name = part
        if kind == "site":
            there = same_content(self.site_releases[name], value)
            return "" if there else f"release {value} of site {name} was pruned"
        earlier = self._earlier(name, value)
        if earlier.why_not:
            return f"{name}: {earlier.why_not}"
        gone = self._manifests(earlier) is None
        image = f"{earlier.repository} has image {earlier.digest} no more"
        return f"{name}: {image}" if gone else ""

    def _earlier(self, name: str, arn: str) -> Earlier:
        from deploy.service.describe import read_definition

        if (name, arn) not in self.earlier:
            definition = read_definition(self.aws.client("ecs"), arn)
            self.earlier[name, arn] = Earlier(arn, name, definition)
        return self.earlier[name, arn]

    def _manifests(self, earlier: Earlier) -> tuple[str, ...] | None:
        """Return the digests in an image that is an index, None if the image is gone."""
        from deploy.image.inventory import manifests

        key = (earlier.repository, earlier.digest)
        if key not in self.images:
            self.images[key] = manifests(self.aws.client("ecr"), key[0], [key[1]]).get(key[1])
        return self.images[key]

    def _rolled(self, plan: ServicePlan) -> Earlier:
        return self._earlier(plan.name, plan.definition_arn)

    def _digests(self, plan: ServicePlan) -> tuple[str, ...]:
        earlier = self._rolled(plan)
        return (earlier.digest, *(self._manifests(earlier) or ()))

    def _left(self) -> str:
        """Return a remedy that names the releases of which nothing is gone."""
        wanted = {
            part
            for record in back.returnable(self.records, self.now)
            for part in back.differing(self.now, back.under(self.records, record.id)).items()
        }
        gone = [part for part in wanted if self._why_not(*part)]
        return back.left(self.records, self.now, gone=gone)

    def _stays(
        self,
        record: Record,
        services: Mapping[str, ServicePlan],
        sites: Mapping[str, RollbackPlan],
    ) -> list[Change]:
        changed = {("service", name) for name in services}
        changed |= {("site", name) for name, plan in sites.items() if plan.changed}
        under, lines = back.under(self.records, record.id), []
        for part in self.now.keys() - changed:
            subject = f"service {part[1]}" if part[0] == "service" else part_name(part)
            why = "it ran the same then" if part in under else "no record tells what it ran then"
            lines.append(Change("=", subject, f"stays: {why}"))
        return sorted(lines, key=lambda line: line.subject)

    @staticmethod
    def _in(then: Mapping[Part, str], kind: str) -> list[str]:
        return [name for each, name in then if each == kind]

    def _service_records(self, services: Mapping[str, ServicePlan]) -> dict[str, ServiceRecord]:
        records = {}
        for name, state in self.states.items():
            arn = str((state.running or {}).get("taskDefinitionArn", ""))
            earlier = Earlier(arn, name, state.running)
            outcome = "" if name in services else UNCHANGED
            records[name] = ServiceRecord(arn, earlier.digest, earlier.source_tag, arn, outcome)
        return records

    def _site_records(self, sites: Mapping[str, RollbackPlan]) -> dict[str, SiteRecord]:
        return {
            name: SiteRecord(runs, runs, "" if name in sites else UNCHANGED)
            for (kind, name), runs in self.now.items()
            if kind == "site"
        }
