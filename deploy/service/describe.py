"""Reads of ECS: the state that a plan is made of, and the observations that a rollout is."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from deploy.errors import PreflightError
from deploy.service.effects import patience
from deploy.service.observation import Observation, parse, service_deployment_of
from deploy.service.plan import ServiceState, primary_of
from deploy.service.poll import batches
from deploy.service.watch import Watch
from deploy.target import ServiceTarget, Target

# DescribeTasks takes at most 100 tasks, DescribeServiceRevisions 20.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html
TASKS_A_CALL = 100
REVISIONS_A_CALL = 20
READS_AT_ONCE = 4


def describe_services(ecs: Any, cluster: str, services: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the entries of DescribeServices by service name, without those that are missing."""
    found: dict[str, dict[str, Any]] = {}
    for batch in batches(services):
        reply = ecs.describe_services(cluster=cluster, services=list(batch))
        found |= {entry["serviceName"]: entry for entry in reply["services"]}
    return found


def read_states(ecs: Any, target: Target, names: Sequence[str]) -> dict[str, ServiceState]:
    """Return what runs, by the services' names in deploy.toml: the input of `plan_service`.

    Raises PreflightError if Terraform's services are not there.
    """
    wanted = {name: target.services[name] for name in names}
    found = describe_services(ecs, target.cluster, [entry.service for entry in wanted.values()])
    missing = [entry.service for entry in wanted.values() if entry.service not in found]
    if missing:
        raise PreflightError(
            f"no such service on the cluster {target.cluster}: {', '.join(missing)}",
            remedy="run `invoke infra.apply` to create it",
        )
    with ThreadPoolExecutor(READS_AT_ONCE) as threads:
        states = threads.map(lambda each: _state(ecs, each, found[each.service]), wanted.values())
        return dict(zip(wanted, states, strict=True))


def _state(ecs: Any, target: ServiceTarget, service: Mapping[str, Any]) -> ServiceState:
    arn = primary_of(service).get("taskDefinition") or service.get("taskDefinition", "")
    running = read_definition(ecs, arn) if arn else None
    return ServiceState(service, running, latest=read_definition(ecs, target.family))


def read_definition(ecs: Any, name: str) -> dict[str, Any] | None:
    """Return the task definition of an ARN, or the latest active one of a family; None if none."""
    from botocore.exceptions import ClientError

    try:
        definition: dict[str, Any] = ecs.describe_task_definition(taskDefinition=name)[
            "taskDefinition"
        ]
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ClientException", "InvalidParameterException"):
            return None
        raise
    return definition


def observe(
    ecs: Any, cluster: str, watches: Mapping[str, Watch], closely: Collection[str]
) -> dict[str, Observation]:
    """Return what can be seen of my deployments, by the ECS services' names that `watches` has.

    One call for ten services, and five more for each that is looked at `closely`.
    """
    found = describe_services(ecs, cluster, list(watches))
    return {
        service: _closely(ecs, cluster, found[service], watch)
        if service in closely and service in found
        else parse(found.get(service))
        for service, watch in watches.items()
    }


def _closely(ecs: Any, cluster: str, seen: Mapping[str, Any], watch: Watch) -> Observation:
    service = seen["serviceName"]
    tasks = read_tasks(ecs, cluster, service, "RUNNING", "STOPPED")
    return parse(seen, _service_deployment(ecs, cluster, service, watch), tasks, watch.mine)


def _service_deployment(
    ecs: Any, cluster: str, service: str, watch: Watch
) -> Mapping[str, Any] | None:
    """My service deployment; None too where it may not be read: the deployment itself suffices."""
    from botocore.exceptions import ClientError

    try:
        arn = find_service_deployment(ecs, cluster, service, watch)
        return read_service_deployment(ecs, arn)
    except ClientError as error:
        if patience(error):
            raise
        return None


def read_tasks(ecs: Any, cluster: str, service: str, *statuses: str) -> list[dict[str, Any]]:
    """Return the service's tasks of these desired statuses, as DescribeTasks has them.

    ListTasks takes `startedBy` only without any other filter, so a caller picks his own:
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html
    """
    pages = ecs.get_paginator("list_tasks")
    arns = [
        arn
        for status in statuses
        for page in pages.paginate(cluster=cluster, serviceName=service, desiredStatus=status)
        for arn in page["taskArns"]
    ]
    return [
        task
        for start in range(0, len(arns), TASKS_A_CALL)
        for task in ecs.describe_tasks(cluster=cluster, tasks=arns[start : start + TASKS_A_CALL])[
            "tasks"
        ]
    ]


def find_service_deployment(ecs: Any, cluster: str, service: str, watch: Watch) -> str:
    """Return the ARN of my service deployment, or "" while (or where) there is none."""
    candidates = ecs.list_service_deployments(cluster=cluster, service=service)[
        "serviceDeployments"
    ]
    arns = {entry.get("targetServiceRevisionArn", "") for entry in candidates} - {""}
    definitions = read_revisions(ecs, sorted(arns))
    return service_deployment_of(candidates, definitions, watch.definition, watch.created)


def read_revisions(ecs: Any, arns: Sequence[str]) -> dict[str, str]:
    """Return the task definition's ARN of each service revision."""
    return {
        entry["serviceRevisionArn"]: entry.get("taskDefinition", "")
        for start in range(0, len(arns), REVISIONS_A_CALL)
        for entry in ecs.describe_service_revisions(
            serviceRevisionArns=list(arns[start : start + REVISIONS_A_CALL])
        )["serviceRevisions"]
    }


def read_service_deployment(ecs: Any, arn: str) -> dict[str, Any] | None:
    """Return the service deployment's entry in DescribeServiceDeployments."""
    if not arn:
        return None
    reply = ecs.describe_service_deployments(serviceDeploymentArns=[arn])
    return next(iter(reply["serviceDeployments"]), None)
