"""Service deployments and revisions.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-revision.html
"""

from localcloud.ecs import render, rollouts
from localcloud.ecs.context import Context, Json, invalid, missing, page
from localcloud.ecs.model import DeploymentStatus, Revision, Service, ServiceDeployment
from localcloud.wire import ApiError

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServiceDeployments.html
MOST_DESCRIBED = 20


def _records(context: Context) -> dict[str, tuple[ServiceDeployment, Service]]:
    services = context.store.services.values()
    return {record.arn: (record, service) for service in services for record in service.records}


async def list_service_deployments(context: Context, body: Json) -> Json:
    """Newest first, those of the given states and times."""
    store = context.store
    service = store.service(store.cluster(body.get("cluster")), body["service"])
    states, created = body.get("status") or [], body.get("createdAt") or {}
    after, before = created.get("after", 0), created.get("before", float("inf"))
    found = [
        render.service_deployment_brief(record, service)
        for record in service.records
        if (not states or record.status in states) and after <= record.created_at <= before
    ]
    return page(found, body, "serviceDeployments")


async def describe_service_deployments(context: Context, body: Json) -> Json:
    asked = body["serviceDeploymentArns"]
    _limit(asked)
    known = _records(context)
    return {
        "serviceDeployments": [
            render.service_deployment(*known[arn]) for arn in asked if arn in known
        ],
        "failures": [missing(arn) for arn in asked if arn not in known],
    }


def _limit(asked: list[str]) -> None:
    if not 1 <= len(asked) <= MOST_DESCRIBED:
        raise invalid("Between 1 and 20 ARNs must be given.")


async def describe_service_revisions(context: Context, body: Json) -> Json:
    asked = body["serviceRevisionArns"]
    _limit(asked)
    services = context.store.services.values()
    known = {arn: (r, service) for service in services for arn, r in service.revisions.items()}
    return {
        "serviceRevisions": [
            render.service_revision(*known[arn], _images(context, *known[arn]))
            for arn in asked
            if arn in known
        ],
        "failures": [missing(arn) for arn in asked if arn not in known],
    }


def _images(context: Context, revision: Revision, service: Service) -> list[Json]:
    """Return the images of a revision, with the digests that its tasks were pulled by."""
    definition = context.store.definition(revision.definition_arn)
    digests = {
        container.name: container.digest
        for task in context.store.tasks_of(service)
        if task.definition is definition
        for container in task.containers
        if container.digest
    }
    return [
        render.given(
            {
                "containerName": container["name"],
                "image": container["image"],
                "imageDigest": digests.get(container["name"]),
            }
        )
        for container in definition.containers
    ]


async def stop_service_deployment(context: Context, body: Json) -> Json:
    """Roll back (the default), or with ABORT leave everything as it stands.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopServiceDeployment.html
    """
    arn = body["serviceDeploymentArn"]
    record, service = _records(context).get(arn, (None, None))
    if record is None or service is None:
        raise ApiError("ServiceDeploymentNotFoundException", "Service deployment not found.")
    if not rollouts.ongoing(record):
        raise ApiError(
            "ConflictException", f"The service deployment is already {record.status.value}."
        )
    if body.get("stopType", "ROLLBACK") == "ABORT":
        rollouts.abort(service, context.clock())
    elif record.status is not DeploymentStatus.ROLLBACK_IN_PROGRESS:
        _roll_back(context, service)
    context.engine.wake()
    return {"serviceDeploymentArn": arn}


def _roll_back(context: Context, service: Service) -> None:
    reason = "Service deployment rolled back because a user requested it."
    if rollouts.roll_back(service, reason, "User", context.clock()) is None:
        raise ApiError(
            "ConflictException", "There is no completed service revision to roll back to."
        )
