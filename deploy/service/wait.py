"""Following one rollout until it ends: observe, step, tell, sleep. It decides nothing."""

from dataclasses import dataclass, field

from deploy.errors import ToolError
from deploy.events import Note, PhaseOutput, PhaseProgress
from deploy.service.describe import find_service_deployment, observe
from deploy.service.effects import Effects, patience
from deploy.service.observation import Observation, brief
from deploy.service.poll import interval
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

PHASE = "rollout"
CLOSELY_EVERY = 3  # polls: tasks and service deployments change less often than counts


@dataclass
class Wait:
    """One rollout being followed. `resume` is the command that follows it again."""

    effects: Effects
    cluster: str
    service: str
    watch: Watch
    resume: str
    quiet: int = 0
    polls: int = 0
    trouble_since: float | None = None
    told: set[str] = field(default_factory=set)
    shown: str = ""
    healthy: int | None = None

    def follow(self) -> Watch:
        """Return the final state. Raises ToolError if ECS can't be read any more."""
        while self.watch.result is None:
            try:
                self._turn()
            except KeyboardInterrupt:
                self._interrupted()
        return self.watch

    def _turn(self) -> None:
        self._observe()
        if self.watch.wants_rollback:
            failure = self._roll_back(self.watch.reason)
            self.watch = give_up(self.watch, failure) if failure else self.watch
        if self.watch.result is None:
            self.effects.sleep(interval(self.quiet, self.effects.jitter()))

    def _observe(self) -> None:
        closely = self.polls % CLOSELY_EVERY == 0
        try:
            seen = observe(
                self.effects.ecs, self.cluster, self.service, self.watch, closely=closely
            )
        except Exception as error:  # noqa: BLE001 - `_bear` raises what is not worth waiting for
            self._bear(error)
            return
        self.trouble_since = None
        self.polls += 1
        before = self.watch
        self.watch = step(self.watch, seen, self.effects.clock())
        self._tell(seen, changed=self.watch != before)

    def _bear(self, error: Exception) -> None:
        """Outlive an error for as long as it is worth it: the rollout goes on meanwhile."""
        now = self.effects.clock()
        if self.trouble_since is None:
            self.trouble_since = now
            if patience(error):
                self.effects.emit(Note(f"ECS can't be read, trying again: {error}", "warning"))
        self.watch = expire(self.watch, now)
        if self.watch.result is None and now - self.trouble_since >= patience(error):
            raise ToolError(
                f"ECS can't be read any more, while the rollout goes on: {error}",
                remedy=f"once credentials and network are good again, `{self.resume}` follows it",
            ) from error

    def _tell(self, seen: Observation, *, changed: bool) -> None:
        self.healthy = seen.healthy if seen.healthy is not None else self.healthy
        fresh = [
            event
            for event in seen.events
            if event.id not in self.told and event.at >= self.watch.created
        ]
        for event in reversed(fresh):  # ECS lists the newest first
            self.told.add(event.id)
            self.effects.emit(PhaseOutput(PHASE, brief(event.message)))
        news = bool(fresh) or self._progress(seen) or changed
        self.quiet = 0 if news else self.quiet + 1

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
        self.effects.emit(
            PhaseProgress(PHASE, detail, done=mine.running, total=mine.desired, unit="tasks")
        )
        return True

    def _interrupted(self) -> None:
        """Ctrl-C: ask once what to do; a second one, or nobody to ask, looks away."""
        if self.effects.ask is None or self.watch.stopping:
            self.watch = detach(self.watch)
            return
        try:
            detached = self.effects.ask() == "detach" or self._roll_back(CHOSEN)
            self.watch = detach(self.watch) if detached else self.watch
        except KeyboardInterrupt:
            self.watch = detach(self.watch)

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
            self.effects.emit(Note(f"ECS did not roll back: {error}", "warning"))
            return f"{reason}, but ECS did not roll back: {error}"
        self.watch = request_rollback(self.watch, reason)
        return ""
