"""Services from source to running tasks: `invoke deploy-backend`. Joins image/ and service/.

A deploy of one service is a fleet of one.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from deploy import git, migrating
from deploy.aws import Aws
from deploy.command import NOTHING, interactive
from deploy.config.model import Config
from deploy.ends import services_ended
from deploy.environment import find_service, read_target, service_place
from deploy.events import Change, Emit, Finished, Note
from deploy.image.plan import ImagePlan
from deploy.image.plan import changes as image_changes
from deploy.images import Images, owner_of
from deploy.migrations.plan import MigrationPlan
from deploy.secret_preflight import look
from deploy.secrets.resolve import Found, resolved
from deploy.service.effects import Answer
from deploy.service.member import resume
from deploy.service.plan import ServicePlan, ServiceState
from deploy.service.result import RolloutResult
from deploy.service.scaling import ScalingPlan
from deploy.target import ServiceTarget, Target

if TYPE_CHECKING:
    from deploy.image.apply import ImageResult

Ended = Callable[["BackendPlan", RolloutResult], None]


@dataclass(frozen=True)
class BackendOptions:
    """What was asked for. `timeout` is of each rollout, in seconds, `wait` of the lock. `release`
    is the id of the release that this becomes.
    """

    services: tuple[str, ...] = ("backend",)
    plan_only: bool = False
    yes: bool = False
    timeout: float = 600
    wait: float = 0
    rebuild: bool = False
    release: str = ""


@dataclass(frozen=True)
class BackendPlan:
    """What a deploy would do with one service. `service` is made again once the image is built."""

    place: ServiceTarget
    image: ImagePlan
    service: ServicePlan
    scaling: ScalingPlan
    migration: MigrationPlan | None = None

    @property
    def changed(self) -> bool:
        migrates = self.migration is not None and self.migration.run
        more = migrates or bool(self.scaling.changes)
        return self.image.action == "build" or self.service.changed or more


@dataclass(frozen=True)
class ServicesPlan:
    """What a deploy of services would do: `images` by their owners, `services` by their names."""

    target: Target
    images: Mapping[str, ImagePlan]
    services: Mapping[str, BackendPlan]

    @property
    def changes(self) -> tuple[Change, ...]:
        images = [change for plan in self.images.values() for change in image_changes(plan)]
        parts = self.services.values()
        first = [line for each in parts if each.migration for line in each.migration.changes]
        rest = [line for each in parts for line in (*each.service.changes, *each.scaling.changes)]
        return (*images, *first, *rest)

    @property
    def warnings(self) -> tuple[str, ...]:
        parts = self.services.values()
        first = [note for each in parts if each.migration for note in each.migration.notes]
        return (*first, *(note for each in parts for note in each.service.notes))

    @property
    def changed(self) -> bool:
        return any(each.changed for each in self.services.values())


class Services:
    """One deploy of some services: their configuration, clients and clock.

    `build` writes on this machine only. `apply` is where a change of the environment begins, and
    `ended(plan, result)` is called there as soon as a service's end is known, whatever it is.
    """

    def __init__(
        self,
        config: Config,
        options: BackendOptions,
        emit: Emit,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        ended: Ended = lambda _plan, _result: None,
    ) -> None:
        self.config, self.options, self.emit = config, options, emit
        self.clock, self.sleep, self._ended = clock, sleep, ended
        self.started = clock()
        self.aws = Aws(config)
        asked = {name: find_service(config, name) for name in options.services or ("",)}
        self.wanted = {name: asked[name] for name in config.services if name in asked}
        self.commit = git.head(config.root)
        self._secrets: Found = {}
        self.migrations = migrating.Migrations(self.aws, self.wanted, emit, clock, sleep)

    @cached_property
    def images(self) -> Images:
        return Images(
            self.config,
            self.aws,
            self.emit,
            self.commit,
            rebuild=self.options.rebuild,
            clock=self.clock,
            sleep=self.sleep,
        )

    @property
    def _autoscaling(self) -> Any:
        return self.aws.client("application-autoscaling")

    def plan(self) -> ServicesPlan:
        """Read the world and return what would change. Nothing is written."""
        from deploy.service import scaling
        from deploy.service.describe import read_states

        self.aws.check_account()
        target = read_target(self.aws)
        places = [service_place(target, name) for name in self.wanted]
        self._secrets = look(self.aws, list(self.wanted.values()), target.account)
        images = self.images.plan(target, self.wanted.values())
        states = read_states(self.aws.client("ecs"), target, list(self.wanted))
        scalings = scaling.survey_all(self._autoscaling, target.cluster, places)
        parts = {}
        for place in places:
            image = images[owner_of(self.wanted[place.name])]
            service = self._plan_service(place, image, image.digest or None, states[place.name])
            migration = self.migrations.plan(target, place.name, self._secrets)
            parts[place.name] = BackendPlan(place, image, service, scalings[place.name], migration)
        return ServicesPlan(target, images, parts)

    def _plan_service(
        self, place: ServiceTarget, image: ImagePlan, digest: str | None, state: ServiceState
    ) -> ServicePlan:
        from deploy.service.definition import image_reference, render
        from deploy.service.plan import plan_service
        from deploy.service.stamp import stamp

        known = (state.running, state.latest)
        named = self.wanted[place.name]
        told = resolved(self.config, named, self._secrets, place.execution_role_arn)
        wanted = stamp(told, image.tag, self.commit.name, known)
        reference = image_reference(place.repository_url, digest)
        tags = {"source-tag": image.tag, "git-commit": self.commit.name or "unknown"}
        definition = render(self.config, wanted, place, reference, tags=tags)
        return plan_service(place, definition, state)

    def build(self, plan: ServicesPlan) -> None:
        """Build the images on this machine that are not in the registry."""
        self.images.build(plan.images)

    def apply(self, plan: ServicesPlan) -> Finished:
        """Carry the plan out, once its images are built. Returns how it ended.

        The services' parts are made anew with the images' real digests.
        """
        pushed = self.images.push(plan.images)
        plan = self._with_digests(plan, {name: image.digest for name, image in pushed.items()})
        plan, held = self.migrations.apply(plan, self.options.release)
        for name, result in held.items():
            self._ended(plan.services[name], result)
        return self._rolled_out(plan, held or self._roll_out(plan, pushed))

    def _roll_out(
        self, plan: ServicesPlan, pushed: Mapping[str, "ImageResult"]
    ) -> dict[str, RolloutResult]:
        from deploy.service.rollout import Order, apply_all

        children = self.images.children(plan.target, pushed)
        orders = [
            Order(part.service, self.wanted[name].after, children[part.image.service])
            for name, part in plan.services.items()
        ]
        return apply_all(
            orders,
            plan.target,
            ecs=self.aws.client("ecs"),
            logs=self.aws.client("logs"),
            elbv2=self.aws.client("elbv2"),
            emit=self.emit,
            clock=self.clock,
            sleep=self.sleep,
            timeout=self.options.timeout,
            ask=self._ask if interactive() else None,
            ended=lambda name, result: self._has_ended(plan.services[name], result),
        )

    def _with_digests(self, plan: ServicesPlan, digests: Mapping[str, str]) -> ServicesPlan:
        from deploy.service.describe import read_states

        parts = dict(plan.services)
        stale = [
            n for n, part in parts.items() if part.service.digest != digests[part.image.service]
        ]
        states = read_states(self.aws.client("ecs"), plan.target, stale) if stale else {}
        for name, state in states.items():
            part = parts[name]
            digest = digests[part.image.service]
            service = self._plan_service(part.place, part.image, digest, state)
            parts[name] = replace(part, service=service)
        return replace(plan, services=parts)

    def _has_ended(self, plan: BackendPlan, result: RolloutResult) -> None:
        from deploy.service import scaling

        if result.outcome.exit_code == 0:
            scaling.apply(plan.scaling, self._autoscaling)
        self._ended(plan, result)

    def _ask(self) -> Answer:
        from rich.prompt import Prompt

        self.emit(Note("The rollout goes on while you decide. Ctrl-C again detaches."))
        question = "Roll back, or detach and let it go on?"
        answer = Prompt.ask(question, choices=["rollback", "detach"])
        return "rollback" if answer == "rollback" else "detach"

    def _rolled_out(self, plan: ServicesPlan, results: Mapping[str, RolloutResult]) -> Finished:
        for result in results.values():
            if result.cause:
                self.emit(result.cause)
        before = {name: part.service.running_arn for name, part in plan.services.items()}
        end = migrating.ended(services_ended(results, before), plan)
        failed = [name for name, result in results.items() if result.outcome.exit_code]
        going_on = [name for name, result in results.items() if result.next_step]
        return self.finished(
            end.outcome.label,
            exit_code=end.outcome.exit_code,
            plan=plan,
            summary=end.summary,
            next_step=resume(plan.target, *going_on) if going_on else self._next_step(failed),
            ends=end.ends,
        )

    def unchanged(self, plan: ServicesPlan) -> Finished:
        return self.finished("unchanged", plan=plan, summary=NOTHING)

    def _next_step(self, failed: Sequence[str]) -> str:
        if failed:
            command = self.command(*failed)
            return f"mend it and run `{command}`; the plan alone: `{command} --plan`"
        context = next(iter(self.wanted.values())).build.context.name
        return f"change a line in {context}/ and run `{self.command(*self.wanted)}`"

    def command(self, *services: str) -> str:
        """Return what a person types to deploy these services."""
        environment = self.config.environment.name
        named = services != BackendOptions.services
        options = f" --service {','.join(services)}" if named else ""
        options += "" if environment == "local" else f" --env {environment}"
        return f"invoke deploy-backend{options}"

    def finished(
        self,
        outcome: str,
        *,
        exit_code: int = 0,
        plan: ServicesPlan | None = None,
        summary: str = "",
        next_step: str = "",
        ends: Mapping[str, str] | None = None,
    ) -> Finished:
        """Return how this deploy ended, as it will be told."""
        places = [part.place for part in plan.services.values()] if plan else []
        urls = {place.name: place.url for place in places if place.url}
        seconds = self.clock() - self.started
        return Finished(outcome, exit_code, seconds, summary, urls, next_step, ends or {})
