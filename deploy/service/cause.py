"""Why a rollout failed: the task that died, its last log lines, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy.errors import ShipwayError
from deploy.events import Failure
from deploy.service.describe import describe_services, read_tasks
from deploy.service.effects import Effects
from deploy.service.observation import brief, seconds
from deploy.service.stopped import Diagnosis, diagnose, worst
from deploy.service.watch import CHOSEN, Watch
from deploy.target import ServiceTarget

Reply = Mapping[str, Any]

LOG_LINES = 20
LOG_ATTEMPTS = 3  # a second apart: the log driver sends its lines in batches
EVENTS = 5


@dataclass(frozen=True)
class Evidence:
    """All that was found. `unhealthy` are lines about targets, `events` the service's newest."""

    tasks: tuple[Reply, ...] = ()
    log: tuple[str, ...] = ()
    unhealthy: tuple[str, ...] = ()
    events: tuple[str, ...] = ()


def explain(service: str, watch: Watch, evidence: Evidence) -> Failure:
    """Return what to show the user: the cause, its log lines, what to do. Pure."""
    task = worst(evidence.tasks)
    found = diagnose(task, service) if task else None
    label = watch.result.label if watch.result else "not over"
    details = [f"cause: {found.summary}"] if found else []
    details += [f"state: {watch.reason}"] if watch.reason else []
    details += evidence.unhealthy
    if evidence.log and found:
        details += [f"last lines of {found.container}:", *(f"  {line}" for line in evidence.log)]
    if not found and evidence.events:
        details += ["events:", *(f"  {message}" for message in evidence.events)]
    return Failure(
        f"{service}: the rollout {_verb(label)}", tuple(details), _remedy(watch, found, evidence)
    )


def _remedy(watch: Watch, found: Diagnosis | None, evidence: Evidence) -> str:
    if watch.reason == CHOSEN:
        return ""
    if found:
        return found.advice
    return "the events above say what ECS waited for" if evidence.events else ""


def _verb(label: str) -> str:
    return f"was {label}" if label in ("rolled back", "superseded", "interrupted") else label


def find_cause(
    effects: Effects, cluster: str, target: ServiceTarget, container: str, watch: Watch
) -> Failure:
    """Return why my deployment failed. Never raises for a read that fails: it says so instead."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        evidence = _gather(effects, cluster, target, container, watch)
    except (BotoCoreError, ClientError, ShipwayError) as error:
        evidence = Evidence(events=(f"the cause could not be read: {error}",))
    return explain(container, watch, evidence)


def _gather(
    effects: Effects, cluster: str, target: ServiceTarget, container: str, watch: Watch
) -> Evidence:
    stopped = read_tasks(effects.ecs, cluster, target.service, "STOPPED")
    mine = tuple(task for task in stopped if _is_mine(task, watch))
    task = worst(mine)
    service = describe_services(effects.ecs, cluster, [target.service]).get(target.service, {})
    newest = [e for e in service.get("events", []) if seconds(e.get("createdAt")) >= watch.created]
    dead = diagnose(task, container).container if task else ""
    return Evidence(
        tasks=mine,
        log=_last_lines(effects, target.log_group, stream(container, dead, task)) if task else (),
        unhealthy=_unhealthy(effects, target.target_group_arn),
        events=tuple(brief(entry.get("message", "")) for entry in reversed(newest[:EVENTS])),
    )


def _is_mine(task: Reply, watch: Watch) -> bool:
    return watch.mine == task.get("startedBy") or watch.definition == task.get("taskDefinitionArn")


def stream(prefix: str, container: str, task: Reply) -> str:
    """Return the name of a container's log stream.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html
    """
    return f"{prefix}/{container}/{task['taskArn'].rpartition('/')[2]}"


def _last_lines(effects: Effects, group: str, name: str) -> tuple[str, ...]:
    from botocore.exceptions import ClientError

    for attempt in range(LOG_ATTEMPTS):
        if attempt:
            effects.sleep(1.0)
        try:
            reply = effects.logs.get_log_events(
                logGroupName=group, logStreamName=name, limit=LOG_LINES, startFromHead=False
            )
        except ClientError:
            continue  # the stream comes with its first line
        if reply["events"]:
            return tuple(event["message"].rstrip("\n") for event in reply["events"][-LOG_LINES:])
    return ()


def _unhealthy(effects: Effects, group: str) -> tuple[str, ...]:
    if effects.elbv2 is None or not group:
        return ()
    reply = effects.elbv2.describe_target_health(TargetGroupArn=group)
    return tuple(
        f"target {entry['Target']['Id']}: {entry['TargetHealth'].get('Description', 'unhealthy')}"
        for entry in reply["TargetHealthDescriptions"]
        if entry["TargetHealth"].get("State") == "unhealthy"
    )
