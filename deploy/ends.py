"""How a deploy of several services ended, in words: each one's end, and the one of all. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy.outcome import Outcome
from deploy.service.fleet import together
from deploy.service.plan import revision
from deploy.service.result import RolloutResult
from deploy.wording import counted

DIGEST_SHOWN = len("sha256:") + 12


@dataclass(frozen=True)
class ServicesEnd:
    """`ends` tells each service's end by its name; it is empty for one service alone. `next_step`
    is the command that follows the first rollout which goes on, or "".
    """

    outcome: Outcome
    summary: str
    next_step: str = ""
    ends: Mapping[str, str] = field(default_factory=dict)


def services_ended(results: Mapping[str, RolloutResult], before: Mapping[str, str]) -> ServicesEnd:
    """Return the end that the services' ends make, in the order of deploy.toml.

    `before` has the ARNs of the task definitions that ran, by the services' names.
    """
    outcome = together(result.outcome for result in results.values())
    told = {name: detail(result, before[name]) for name, result in results.items()}
    steps = [result.next_step for result in results.values() if result.next_step]
    step = next(iter(steps), "")
    if len(results) == 1:
        ((name, text),) = told.items()
        return ServicesEnd(outcome, f"{name} {text}", step)
    counts = Counter(result.outcome.label for result in results.values())
    summary = ", ".join(f"{count} {label}" for label, count in counts.items())
    ends = {name: f"{results[name].outcome.label}: {text}" for name, text in told.items()}
    return ServicesEnd(outcome, summary, step, ends)


def detail(result: RolloutResult, before: str) -> str:
    """Return what came of one service: its revision and what proves it, or what serves instead."""
    what = revision(result.task_definition_arn)
    if result.outcome is Outcome.SUCCEEDED and result.tasks:
        tasks = counted(len(result.tasks), "task")
        return f"{what}: {tasks} proven to run {str(result.digest)[:DIGEST_SHOWN]}"
    if result.outcome is Outcome.ROLLED_BACK:
        followed = before == result.task_definition_arn
        return f"{what} failed, {'the one before' if followed else revision(before)} serves"
    return result.why or what
