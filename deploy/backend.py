"""One service from source to running tasks: `invoke deploy-backend`. Joins image/ and service/."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from deploy import git
from deploy.aws import Aws
from deploy.command import NOTHING, conclude, confirm, interactive, planned
from deploy.config.model import Config
from deploy.environment import find_service, read_target, service_place
from deploy.events import Change, Emit, Finished, Note, PlanShown
from deploy.image.plan import ImagePlan
from deploy.image.plan import changes as image_changes
from deploy.outcome import Outcome
from deploy.service.effects import Answer
from deploy.service.plan import ServicePlan, ServiceState, revision
from deploy.service.rollout import RolloutResult
from deploy.service.scaling import ScalingPlan
from deploy.target import ServiceTarget, Target

if TYPE_CHECKING:
    from deploy.image.apply import ImageResult

DIGEST_SHOWN = len("sha256:") + 12


@dataclass(frozen=True)
class BackendOptions:
    """What `invoke deploy-backend` was asked for. `timeout` is the rollout's, in seconds."""

    service: str = "backend"
    plan_only: bool = False
    yes: bool = False
    timeout: float = 600
    rebuild: bool = False


@dataclass(frozen=True)
class BackendPlan:
    """What a deploy of one service would do. `service` is made again once the image is built."""

    target: Target
    image: ImagePlan
    service: ServicePlan
    scaling: ScalingPlan

    @property
    def place(self) -> ServiceTarget:
        return self.target.services[self.image.service]

    @property
    def changes(self) -> tuple[Change, ...]:
        return (*image_changes(self.image), *self.service.changes, *self.scaling.changes)

    @property
    def warnings(self) -> tuple[str, ...]:
        return self.service.notes

    @property
    def changed(self) -> bool:
        return self.image.action == "build" or self.service.changed or bool(self.scaling.changes)


def deploy_backend(config: Config, options: BackendOptions, emit: Emit) -> int:
    """Plan a service, and unless only the plan was asked for build, push and roll it out.

    Returns the exit code of the outcome. Raises ConfigError or PreflightError before anything is
    written, BuildError or ToolError if a step fails.
    """
    deploy = Backend(config, options, emit)
    plan = deploy.plan()
    emit(PlanShown(f"deploy {options.service} to {config.environment.name}", plan.changes))
    for warning in plan.warnings:
        emit(Note(warning, "warning"))
    if options.plan_only:
        return conclude(emit, deploy.ended("planned", summary=planned(changed=plan.changed)))
    if not plan.changed:
        return conclude(emit, deploy.unchanged(plan))
    confirm(config, f"this plan for {options.service}", yes=options.yes)
    deploy.build(plan)
    return conclude(emit, deploy.apply(plan))


class Backend:
    """One deploy of one service: its configuration, clients and clock."""

    def __init__(
        self,
        config: Config,
        options: BackendOptions,
        emit: Emit,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.config, self.options, self.emit = config, options, emit
        self.clock, self.sleep = clock, sleep
        self.started = clock()
        self.aws = Aws(config)
        self.wanted = find_service(config, options.service)
        self.commit = git.head(config.root)

    def plan(self) -> BackendPlan:
        """Read the world and return what would change. Nothing is written."""
        from deploy.image.survey import survey
        from deploy.service import scaling

        self.aws.check_account()
        target = read_target(self.aws)
        place = service_place(target, self.wanted.name)
        image = survey(
            self.aws.client("ecr"),
            self.wanted.build,
            place,
            rebuild=self.options.rebuild,
            dirty=self.commit.dirty,
        )
        return BackendPlan(
            target,
            image,
            service=self._plan_service(target, image, image.digest or None),
            scaling=scaling.survey(self._autoscaling, target.cluster, place),
        )

    @property
    def _autoscaling(self) -> Any:
        return self.aws.client("application-autoscaling")

    def _plan_service(self, target: Target, image: ImagePlan, digest: str | None) -> ServicePlan:
        from deploy.service.definition import image_reference, render
        from deploy.service.describe import read_states
        from deploy.service.plan import plan_service
        from deploy.service.stamp import stamp

        name = self.wanted.name
        place = target.services[name]
        state: ServiceState = read_states(self.aws.client("ecs"), target, [name])[name]
        known = (state.running, state.latest)
        wanted = stamp(self.wanted, image.tag, self.commit.name, known)
        reference = image_reference(place.repository_url, digest)
        tags = {"source-tag": image.tag, "git-commit": self.commit.name or "unknown"}
        definition = render(self.config, wanted, place, reference, tags=tags)
        return plan_service(place, definition, state)

    def build(self, plan: BackendPlan) -> None:
        """Build the image on this machine, if it is not in the registry."""
        from deploy.image.apply import build_only
        from deploy.image.engine import connect

        build_only(
            plan.image,
            self.wanted.build,
            docker=connect,
            emit=self.emit,
            clock=self.clock,
            revision=self.commit.sha,
        )

    def _push(self, plan: BackendPlan) -> "ImageResult":
        from deploy.image.apply import push
        from deploy.image.engine import connect

        return push(
            plan.image,
            ecr=self.aws.client("ecr"),
            docker=connect,
            emit=self.emit,
            clock=self.clock,
            sleep=self.sleep,
        )

    def apply(self, plan: BackendPlan) -> Finished:
        """Carry the plan out, once its image is built; the service's part is made anew with the
        image's real digest. Returns how it ended.
        """
        from deploy.image.registry import children
        from deploy.service import rollout, scaling

        image = self._push(plan)
        if plan.service.digest != image.digest:
            service = self._plan_service(plan.target, plan.image, image.digest)
            plan = replace(plan, service=service)
        result = rollout.apply(
            plan.service,
            plan.target,
            ecs=self.aws.client("ecs"),
            logs=self.aws.client("logs"),
            elbv2=self.aws.client("elbv2"),
            emit=self.emit,
            clock=self.clock,
            sleep=self.sleep,
            timeout=self.options.timeout,
            ask=self._ask if interactive() else None,
            children=children(self.aws.client("ecr"), plan.place.repository, image.digest),
        )
        if result.outcome.exit_code == 0:
            scaling.apply(plan.scaling, self._autoscaling)
        return self._rolled_out(plan, result)

    def _ask(self) -> Answer:
        from rich.prompt import Prompt

        self.emit(Note("The rollout goes on while you decide. Ctrl-C again detaches."))
        question = "Roll back, or detach and let it go on?"
        answer = Prompt.ask(question, choices=["rollback", "detach"])
        return "rollback" if answer == "rollback" else "detach"

    def _rolled_out(self, plan: BackendPlan, result: RolloutResult) -> Finished:
        if result.cause:
            self.emit(result.cause)
        return self.ended(
            result.outcome.label,
            exit_code=result.outcome.exit_code,
            plan=plan,
            summary=_summary(plan, result),
            next_step=result.next_step or self._next_step(result.outcome),
        )

    def unchanged(self, plan: BackendPlan) -> Finished:
        return self.ended(Outcome.UNCHANGED.label, plan=plan, summary=NOTHING)

    def _next_step(self, outcome: Outcome) -> str:
        if outcome.exit_code == 0:
            return f"change a line in {self.wanted.build.context.name}/ and run `{self.command}`"
        return f"mend it and run `{self.command}`; the plan alone: `{self.command} --plan`"

    @property
    def command(self) -> str:
        """What a person types for this deploy."""
        service, environment = self.wanted.name, self.config.environment.name
        options = "" if service == BackendOptions.service else f" --service {service}"
        options += "" if environment == "local" else f" --env {environment}"
        return f"invoke deploy-backend{options}"

    def ended(
        self,
        outcome: str,
        *,
        exit_code: int = 0,
        plan: BackendPlan | None = None,
        summary: str = "",
        next_step: str = "",
    ) -> Finished:
        """Return how this deploy ended, as it will be told."""
        urls = {plan.place.name: plan.place.url} if plan and plan.place.url else {}
        seconds = self.clock() - self.started
        return Finished(outcome, exit_code, seconds, summary, urls, next_step)


def _summary(plan: BackendPlan, result: RolloutResult) -> str:
    what = f"{plan.place.name} {revision(result.task_definition_arn)}"
    if result.outcome is Outcome.SUCCEEDED and result.tasks:
        count = len(result.tasks)
        tasks = f"{count} task{'s'[: count > 1]}"
        return f"{what}: {tasks} proven to run {str(result.digest)[:DIGEST_SHOWN]}"
    if result.outcome is Outcome.ROLLED_BACK:
        before = plan.service.running_arn
        followed = before == result.task_definition_arn
        return f"{what} failed, {'the one before' if followed else revision(before)} serves"
    return what
