"""How the rollout of one service ended."""

from dataclasses import dataclass

from deploy.errors import ShipwayError
from deploy.events import Failure
from deploy.outcome import Outcome


@dataclass(frozen=True)
class RolloutResult:
    """`tasks` are the ARNs proven to run `digest`; `next_step` is a command or "".

    `cause` says why it did not succeed; `error` is set too where ECS refused to start it. `why`
    says of a rollout that was not started what it waited for.
    """

    outcome: Outcome
    deployment_id: str
    task_definition_arn: str
    digest: str | None
    tasks: tuple[str, ...] = ()
    cause: Failure | None = None
    next_step: str = ""
    error: ShipwayError | None = None
    why: str = ""
