"""Carrying out service plans: register, update, follow all together, prove each, or say why not."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from random import random
from typing import Any

from deploy.events import Emit
from deploy.service.effects import Answer, Effects
from deploy.service.fleet import Fleet
from deploy.service.follow import Loop
from deploy.service.member import Rollout, resume
from deploy.service.plan import ServicePlan
from deploy.service.result import RolloutResult
from deploy.target import Target

Ended = Callable[[str, RolloutResult], None]

__all__ = ["Order", "RolloutResult", "apply", "apply_all"]


@dataclass(frozen=True)
class Order:
    """One service's part of a fleet: what to do, and after whom.

    `children` are the digests of the manifests in the image index that it deploys, if it is one.
    """

    plan: ServicePlan
    after: Sequence[str] = ()
    children: Collection[str] = ()


def apply(
    plan: ServicePlan, target: Target, *, children: Collection[str] = (), **given: Any
) -> RolloutResult:
    """Carry out one plan: a fleet of one. Parameters as of `apply_all`.

    Raises ConfigError if ECS would not take the definition, and ToolError if it refuses a write or
    can't be read any more.
    """
    result = apply_all([Order(plan, children=children)], target, **given)[plan.name]
    if result.error:
        raise result.error
    return result


def apply_all(
    orders: Sequence[Order],
    target: Target,
    *,
    ecs: Any,
    logs: Any,
    emit: Emit,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    timeout: float,
    elbv2: Any = None,
    jitter: Callable[[], float] = random,
    ask: Callable[[], Answer] | None = None,
    ended: Ended = lambda _name, _result: None,
    command: str = "",
) -> dict[str, RolloutResult]:
    """Carry out plans, and follow each rollout for at most `timeout` seconds from its own start.

    A service starts when those of `orders` that it comes after have succeeded, and is not started
    if one of them failed; the others go on. Returns how each ended, in the order of `orders`.

    `ecs`, `logs`, `elbv2` are boto3 clients; without the last the reasons of unhealthy targets are
    left out. `clock` returns seconds that never go back, `sleep` takes seconds, `jitter` returns 0
    to 1. `ask` is called at the first Ctrl-C of the wait, once for all; None = nobody is there.
    `ended(name, result)` is called from this thread as soon as a service's end is known, for those
    too that had nothing to do or were not started; after a Ctrl-C perhaps twice. `command` is what
    a person types to carry on, if that is no deploy.

    Raises ToolError if ECS can't be read any more.
    """
    effects = Effects(ecs, logs, emit, clock, sleep, jitter, ask, elbv2)
    rollouts = {
        order.plan.name: Rollout(order.plan, target, effects, order.children, command)
        for order in orders
    }
    loop = Loop(
        rollouts,
        Fleet({order.plan.name: tuple(order.after) for order in orders}),
        effects,
        target.cluster,
        timeout=timeout,
        resume=command or resume(target, *rollouts),
        ended=ended,
    )
    for name, rollout in rollouts.items():
        if not rollout.plan.changed:
            loop.skip(name, rollout.unchanged())
    return loop.run()
