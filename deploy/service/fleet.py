"""Many rollouts as one: who waits for whom, who may start now, and how it ended. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from deploy.outcome import Outcome

# RegisterTaskDefinition takes 20 calls at once and then one a second; so many rollouts start.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html
BURST, A_SECOND = 20, 1.0
AT_ONCE = 5  # starts side by side


@dataclass(frozen=True)
class Fleet:
    """`after` maps each service, in the order of deploy.toml, to those that it waits for; names
    that are none of its keys are not waited for. `why` says why a service was never started.
    """

    after: Mapping[str, tuple[str, ...]]
    started: frozenset[str] = frozenset()
    ended: Mapping[str, Outcome] = field(default_factory=dict)
    why: Mapping[str, str] = field(default_factory=dict)

    @property
    def waiting(self) -> tuple[str, ...]:
        return tuple(n for n in self.after if n not in self.started and n not in self.ended)

    @property
    def over(self) -> bool:
        return len(self.ended) == len(self.after)


def ready(fleet: Fleet, limit: int) -> tuple[str, ...]:
    """Return at most `limit` services that may start: those before them have succeeded."""
    free = [name for name in fleet.waiting if not _before(fleet, name) - fleet.ended.keys()]
    return tuple(free[: max(0, limit)])


def allowance(begun: int, seconds: float) -> int:
    """Return how many rollouts may start now; `begun` have, the first of them `seconds` ago."""
    return max(0, min(AT_ONCE, BURST + int(A_SECOND * seconds) - begun))


def start(fleet: Fleet, name: str) -> Fleet:
    """Return the fleet after a service's rollout was begun."""
    return replace(fleet, started=fleet.started | {name})


def end(fleet: Fleet, name: str, outcome: Outcome) -> Fleet:
    """Return the fleet after a service's end: if it failed, none that waits for it will start."""
    fleet = replace(fleet, ended={**fleet.ended, name: outcome})
    if outcome.exit_code:
        for waiting in fleet.waiting:
            if name in _before(fleet, waiting):
                fleet = _hold(fleet, waiting, f"{name} {_told(outcome)}")
    return fleet


def hold(fleet: Fleet, why: str) -> Fleet:
    """Return the fleet after it was decided that nothing more starts."""
    for name in fleet.waiting:
        fleet = _hold(fleet, name, why)
    return fleet


def _hold(fleet: Fleet, name: str, why: str) -> Fleet:
    if name in fleet.ended:
        return fleet
    fleet = replace(fleet, why={**fleet.why, name: why})
    return end(fleet, name, Outcome.NOT_STARTED)


def _before(fleet: Fleet, name: str) -> set[str]:
    return {each for each in fleet.after[name] if each in fleet.after}


def _told(outcome: Outcome) -> str:
    failed = outcome in (Outcome.FAILED, Outcome.ROLLED_BACK)
    return "failed" if failed else f"was {outcome.label}".replace("was timed", "timed")


def together(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the one outcome of several services', given in the order of deploy.toml.

    The first that failed decides; a service that was not started is never the cause of that.
    """
    ends = list(outcomes)
    failures = [each for each in ends if each.exit_code]
    causes = [each for each in failures if each is not Outcome.NOT_STARTED]
    changes = [each for each in ends if each is not Outcome.UNCHANGED]
    return next(iter(causes or failures or changes), Outcome.UNCHANGED)
