"""Which revisions there are, which of them run, and taking revisions away."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from deploy.service.describe import (
    READS_AT_ONCE,
    TASKS_A_CALL,
    describe_services,
    read_definition,
)
from deploy.service.diff import Definition
from deploy.service.settle import read_ongoing
from deploy.target import ServiceTarget


@dataclass(frozen=True)
class InUse:
    """The ARNs of task definitions that run or may be rolled back to, and the digests that run."""

    definitions: frozenset[str]
    digests: frozenset[str]


def in_use(ecs: Any, cluster: str, places: Sequence[ServiceTarget]) -> InUse:
    """Return what the services' deployments, those in progress, and all tasks of the cluster use.

    Tasks that belong to no service count too.
    """
    found = describe_services(ecs, cluster, [place.service for place in places])
    deployed = {
        str(deployment["taskDefinition"])
        for entry in found.values()
        for deployment in (entry, *entry.get("deployments", []))
        if deployment.get("taskDefinition")
    }
    ongoing = [read_ongoing(ecs, cluster, service) for service in found]
    sources = {
        str(source["taskDefinitionArn"]) for each in ongoing if each for source in each.sources
    }
    tasks = _tasks(ecs, cluster)
    digests = (
        container.get("imageDigest", "") for task in tasks for container in task["containers"]
    )
    ran = {str(task["taskDefinitionArn"]) for task in tasks}
    return InUse(frozenset(deployed | sources | ran), frozenset(digests) - {""})


def _tasks(ecs: Any, cluster: str) -> list[dict[str, Any]]:
    pages = ecs.get_paginator("list_tasks").paginate(cluster=cluster, desiredStatus="RUNNING")
    arns = [arn for page in pages for arn in page["taskArns"]]
    return [
        task
        for start in range(0, len(arns), TASKS_A_CALL)
        for task in ecs.describe_tasks(cluster=cluster, tasks=arns[start : start + TASKS_A_CALL])[
            "tasks"
        ]
    ]


def active(ecs: Any, families: Iterable[str]) -> tuple[str, ...]:
    """Return the ARNs of all revisions of these families that are ACTIVE.

    `familyPrefix` is a whole family's name:
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTaskDefinitions.html
    """
    pages = ecs.get_paginator("list_task_definitions")
    return tuple(
        arn
        for family in sorted(set(families))
        for page in pages.paginate(familyPrefix=family, status="ACTIVE")
        for arn in page["taskDefinitionArns"]
    )


def read_all(ecs: Any, arns: Iterable[str]) -> dict[str, Definition]:
    """Return the task definitions of these ARNs, without those that ECS does not know any more."""
    wanted = sorted(set(arns))
    with ThreadPoolExecutor(READS_AT_ONCE, thread_name_prefix="revisions") as threads:
        found = threads.map(lambda arn: read_definition(ecs, arn), wanted)
        return {arn: each for arn, each in zip(wanted, found, strict=True) if each}


def images_of(definition: Definition) -> frozenset[tuple[str, str]]:
    """Return the images that a definition names by digest: repository, without the registry's host,
    and digest.
    """
    parted = (
        str(entry.get("image", "")).partition("@")
        for entry in definition.get("containerDefinitions", [])
    )
    return frozenset((name.partition("/")[2], digest) for name, _, digest in parted if digest)


def deregister(ecs: Any, arns: Iterable[str]) -> None:
    """Make revisions INACTIVE: nothing new can be deployed of them, what runs is left alone.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeregisterTaskDefinition.html
    """
    for arn in arns:
        ecs.deregister_task_definition(taskDefinition=arn)
