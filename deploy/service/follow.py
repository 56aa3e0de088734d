"""The one loop that follows all rollouts: start, observe, conclude, sleep. It decides nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, TypeVar

from deploy.errors import ShipwayError, ToolError
from deploy.events import Note
from deploy.service.describe import observe
from deploy.service.effects import Answer, Effects, patience
from deploy.service.fleet import AT_ONCE, Fleet, allowance, end, hold, ready, start
from deploy.service.followed import Followed
from deploy.service.poll import closely, interval
from deploy.service.result import RolloutResult
from deploy.service.watch import Watch

T = TypeVar("T")
INTERRUPTED = "interrupted"


class Member(Protocol):
    """One service of the fleet. `start` and `conclude` run beside those of other services."""

    @property
    def service(self) -> str: ...
    def start(self, timeout: float) -> Watch | RolloutResult: ...
    def conclude(self, watch: Watch) -> RolloutResult: ...
    def refused(self, error: ShipwayError) -> RolloutResult: ...
    def held(self, why: str) -> RolloutResult: ...


class Loop:
    """Rolls a fleet out. `ended` is called for each service as soon as its end is known."""

    def __init__(
        self,
        members: Mapping[str, Member],
        fleet: Fleet,
        effects: Effects,
        cluster: str,
        *,
        timeout: float,
        resume: str,
        ended: Callable[[str, RolloutResult], None],
    ) -> None:
        self.members, self.fleet, self.effects, self.cluster = members, fleet, effects, cluster
        self.timeout, self.resume, self._ended = timeout, resume, ended
        self.results: dict[str, RolloutResult] = {}
        self.followed: dict[str, Followed] = {}
        self.starting: dict[str, Future[Watch | RolloutResult]] = {}
        self.concluding: dict[str, Future[RolloutResult]] = {}
        self.untold: list[str] = []
        self.begun: list[float] = []
        self.quiet = self.polls = 0
        self.trouble_since: float | None = None
        self.answer: Answer | None = None

    def skip(self, name: str, result: RolloutResult) -> None:
        """Take a service as ended, without starting it: it has nothing to do."""
        self._end(name, result)

    def run(self) -> dict[str, RolloutResult]:
        """Return how each service ended, in the order of the fleet.

        Raises ToolError if ECS can't be read any more.
        """
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="rollout") as self.threads:
            while not self.fleet.over or self.untold:
                try:
                    self._turn()
                except KeyboardInterrupt:
                    self._interrupted()
        return {name: self.results[name] for name in self.fleet.after}

    def _turn(self) -> None:
        self._start()
        self._observe()
        self._conclude()
        if self._live() and not self._startable():
            self.effects.sleep(interval(self.quiet, self.effects.jitter()))

    def _live(self) -> dict[str, Followed]:
        return {name: each for name, each in self.followed.items() if not each.over}

    def _startable(self) -> tuple[str, ...]:
        since = self.begun[0] if self.begun else self.effects.clock()
        return ready(self.fleet, allowance(len(self.begun), self.effects.clock() - since))

    def _start(self) -> None:
        for name in self._startable():
            self.fleet = start(self.fleet, name)
            self.begun.append(self.effects.clock())
            self.starting[name] = self.threads.submit(self.members[name].start, self.timeout)
        for name, done in _collected(self.starting):
            self._started(name, done)

    def _started(self, name: str, done: Future[Watch | RolloutResult]) -> None:
        member = self.members[name]
        try:
            begun = done.result()
        except ShipwayError as error:
            begun = member.refused(error)
        if isinstance(begun, RolloutResult):
            self._end(name, begun)
            return
        following = Followed(self.effects, self.cluster, name, member.service, begun)
        self.followed[name] = following
        if self.answer:
            following.answer(self.answer)

    def _observe(self) -> None:
        live = {each.service: each for each in self._live().values()}
        if not live:
            return
        watches = {service: each.watch for service, each in live.items()}
        close = closely(list(live), self.polls)
        try:
            seen = observe(self.effects.ecs, self.cluster, watches, close)
        except Exception as error:  # noqa: BLE001 - `_bear` raises what is not worth waiting for
            self._bear(error)
            return
        self.trouble_since = None
        self.polls += 1
        news = [live[service].take(observation) for service, observation in seen.items()]
        self.quiet = 0 if any(news) else self.quiet + 1

    def _bear(self, error: Exception) -> None:
        """Outlive an error for as long as it is worth it: the rollouts go on meanwhile."""
        now = self.effects.clock()
        if self.trouble_since is None:
            self.trouble_since = now
            if patience(error):
                self.effects.emit(Note(f"ECS can't be read, trying again: {error}", "warning"))
        for each in self._live().values():
            each.expire(now)
        if self._live() and now - self.trouble_since >= patience(error):
            raise ToolError(
                f"ECS can't be read any more, while the rollout goes on: {error}",
                remedy=f"once credentials and network are good again, `{self.resume}` follows it",
            ) from error

    def _conclude(self) -> None:
        for name in [name for name, each in self.followed.items() if each.over]:
            watch = self.followed.pop(name).watch
            self.concluding[name] = self.threads.submit(self.members[name].conclude, watch)
        for name, done in _collected(self.concluding):
            self._end(name, done.result())
        self._tell()

    def _end(self, name: str, result: RolloutResult) -> None:
        self._keep(name, result)
        self._move(end(self.fleet, name, result.outcome))
        self._tell()

    def _move(self, fleet: Fleet) -> None:
        """Go on with `fleet`, which may hold more services back than before."""
        for name in fleet.why.keys() - self.results.keys():
            self._keep(name, self.members[name].held(fleet.why[name]))
        self.fleet = fleet

    def _keep(self, name: str, result: RolloutResult) -> None:
        self.results[name] = result
        self.untold.append(name)

    def _tell(self) -> None:
        """Call `ended`; after a Ctrl-C in it, again: it must bear to be called twice."""
        while self.untold:
            self._ended(self.untold[0], self.results[self.untold[0]])
            del self.untold[0]

    def _interrupted(self) -> None:
        """Ctrl-C: ask once what to do with all; a second one, or nobody to ask, looks away."""
        live = self._live()
        if not (live or self.starting or self.fleet.waiting):
            raise KeyboardInterrupt
        again = self.answer or (live and all(each.watch.stopping for each in live.values()))
        self._move(hold(self.fleet, INTERRUPTED))
        try:
            self.answer = "detach" if again or not self.effects.ask else self.effects.ask()
            self._answer(list(live.values()))
        except KeyboardInterrupt:
            self.answer = "detach"
            self._answer(list(live.values()))

    def _answer(self, live: Sequence[Followed]) -> None:
        for each in live:
            each.answer(self.answer or "detach")


def _collected(futures: dict[str, Future[T]]) -> Iterator[tuple[str, Future[T]]]:
    """Take out each future once it is done. What Ctrl-C comes between stays for the next time."""
    while futures:
        name = next(iter(futures))
        futures[name].exception()
        yield name, futures.pop(name)
