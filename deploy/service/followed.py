"""One rollout that is followed: what was seen of it, what was told, what ECS was asked for.

`deploy.service.follow` looks at it; `deploy.service.watch` decides.
"""

from dataclasses import dataclass, field

from deploy.events import Note, PhaseOutput, PhaseProgress
from deploy.service.describe import find_service_deployment
from deploy.service.effects import Answer, Effects
from deploy.service.observation import Observation, brief
from deploy.service.watch import (
    CHOSEN,
    STAGES,
    Watch,
    detach,
    expire,
    give_up,
    request_rollback,
    step,
)


def phase_of(name: str) -> str:
    """Return the name of the phase in which the service `name` is rolled out."""
    return f"rollout {name}"


@dataclass
class Followed:
    """One rollout. `name` is the service's in deploy.toml, `service` its name on ECS."""

    effects: Effects
    cluster: str
    name: str
    service: str
    watch: Watch
    told: set[str] = field(default_factory=set)
    shown: str = ""
    healthy: int | None = None

    @property
    def over(self) -> bool:
        return self.watch.result is not None

    def take(self, seen: Observation) -> bool:
        """Take an observation in, tell what is new, and return whether anything was."""
        before = self.watch
        self.watch = step(self.watch, seen, self.effects.clock())
        if self.watch.wants_rollback:
            failure = self._roll_back(self.watch.reason)
            self.watch = give_up(self.watch, failure) if failure else self.watch
        return self._tell(seen) or self.watch != before

    def expire(self, now: float) -> None:
        """Let time pass although nothing could be observed."""
        self.watch = expire(self.watch, now)

    def detach(self) -> None:
        """Look away: the rollout itself goes on."""
        self.watch = detach(self.watch)

    def answer(self, answer: Answer) -> None:
        """Do what was chosen at Ctrl-C; what ECS does not roll back goes on without us."""
        if self.over:
            return
        if answer == "detach" or self._roll_back(CHOSEN):
            self.detach()

    def _tell(self, seen: Observation) -> bool:
        self.healthy = seen.healthy if seen.healthy is not None else self.healthy
        fresh = [
            event
            for event in seen.events
            if event.id not in self.told and event.at >= self.watch.created
        ]
        for event in reversed(fresh):  # ECS lists the newest first
            self.told.add(event.id)
            self.effects.emit(PhaseOutput(phase_of(self.name), brief(event.message)))
        return self._progress(seen) or bool(fresh)

    def _progress(self, seen: Observation) -> bool:
        mine = seen.deployment(self.watch.mine)
        if mine is None:
            return False
        healthy = "" if self.healthy is None else f"{self.healthy} healthy, "
        stage = f", {STAGES[self.watch.stage].lower()}" if self.watch.stage >= 0 else ""
        detail = f"{mine.running} running, {healthy}{mine.desired} desired{stage}"
        if detail == self.shown:
            return False
        self.shown = detail
        phase = phase_of(self.name)
        self.effects.emit(PhaseProgress(phase, detail, mine.running, mine.desired, "tasks"))
        return True

    def _roll_back(self, reason: str) -> str:
        """Ask ECS to roll my deployment back; return why that failed, or "".

        Where there is nothing to roll back to, the rollout ends here, as failed.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        if self.watch.first:
            self.watch = give_up(self.watch, reason)
            return ""
        try:
            arn = find_service_deployment(self.effects.ecs, self.cluster, self.service, self.watch)
            self.effects.ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")
        except (BotoCoreError, ClientError) as error:
            self.effects.emit(Note(f"ECS did not roll {self.name} back: {error}", "warning"))
            return f"{reason}, but ECS did not roll back: {error}"
        self.watch = request_rollback(self.watch, reason)
        return ""
