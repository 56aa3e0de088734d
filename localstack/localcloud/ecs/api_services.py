"""Services. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html"""

import asyncio

from localcloud.ecs import render, rollouts, services
from localcloud.ecs.api_tasks import check_network
from localcloud.ecs.context import Context, Json, invalid, missing, page
from localcloud.ecs.model import Cluster, Service, TaskDefinition
from localcloud.ecs.names import short

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html
MOST_DESCRIBED = 10


async def create_service(context: Context, body: Json) -> Json:
    """Creating the same service again returns it; another of its name is refused."""
    store = context.store
    cluster = store.cluster(body.get("cluster"))
    definition = store.deployable(body["taskDefinition"])
    services.check(body)
    await _check(context, definition, body)
    spec = services.spec_of(body, definition, cluster)
    existing = store.services.get((cluster.name, body["serviceName"]))
    if existing and existing.status != "INACTIVE":
        return _again(context, existing, spec, body)
    service = _make(context, cluster, spec, body)
    store.services[cluster.name, service.name] = service
    store.tags[service.arn] = body.get("tags") or []
    _begin(context, service)
    return {"service": _render(context, service, tags=True)}


def _again(context: Context, existing: Service, spec: Json, body: Json) -> Json:
    same = existing.spec == spec and existing.desired == services.desired_of(body)
    if existing.status != "ACTIVE":
        raise invalid("Unable to Start a service that is still Draining.")
    if not same:
        raise invalid("Creation of service was not idempotent.")
    return {"service": _render(context, existing, tags=True)}


def _make(context: Context, cluster: Cluster, spec: Json, body: Json) -> Service:
    names, name = context.store.names, body["serviceName"]
    return Service(
        name=name,
        arn=names.arn("service", cluster.name, name),
        cluster=cluster.name,
        cluster_arn=cluster.arn,
        spec=spec,
        desired=services.desired_of(body),
        created_at=context.clock(),
        created_by=names.caller,
    )


async def _check(context: Context, definition: TaskDefinition, body: Json) -> None:
    """Check what a service refers to: the network, containers, ports, target groups."""
    check_network(definition, body)
    for balancer in body.get("loadBalancers") or []:
        services.check_balancer(balancer, definition)
        await asyncio.to_thread(context.aws.check_target_group, balancer["targetGroupArn"])


def _begin(context: Context, service: Service) -> None:
    tasks = context.store.tasks_of(service)
    prefix = context.store.names.arn("").removesuffix(":")
    rollouts.begin(service, tasks, prefix, context.clock())
    context.engine.wake()


def _render(context: Context, service: Service, *, tags: bool) -> Json:
    shown = context.store.tags.get(service.arn, []) if tags else None
    return render.service(service, context.store.tasks_of(service), shown)


async def describe_services(context: Context, body: Json) -> Json:
    store = context.store
    cluster, asked = store.cluster(body.get("cluster")), body["services"]
    if not 1 <= len(asked) <= MOST_DESCRIBED:
        raise invalid("Services cannot be empty, and at most 10.")
    tags = "TAGS" in (body.get("include") or [])
    found = {one: store.services.get((cluster.name, short(one))) for one in asked}
    return {
        "services": [_render(context, one, tags=tags) for one in found.values() if one],
        "failures": [
            missing(store.names.arn("service", cluster.name, short(name)))
            for name, one in found.items()
            if not one
        ],
    }


async def list_services(context: Context, body: Json) -> Json:
    cluster = context.store.cluster(body.get("cluster"))
    launch_type, strategy = body.get("launchType"), body.get("schedulingStrategy")
    found = [
        service.arn
        for service in context.store.services.values()
        if service.cluster == cluster.name
        and service.status == "ACTIVE"
        and launch_type in (None, service.spec.get("launchType"))
        and strategy in (None, service.spec["schedulingStrategy"])
    ]
    return page(found, body, "serviceArns")


async def update_service(context: Context, body: Json) -> Json:
    """Change a service; a new deployment begins only where its revision changes or is forced."""
    store = context.store
    service = store.active_service(store.cluster(body.get("cluster")), body["service"])
    services.check(body)
    reference = body.get("taskDefinition")
    if reference:
        definition = store.deployable(reference)
        body = {**body, "taskDefinition": definition.arn}
    else:
        definition = store.definition(service.spec["taskDefinition"])
    spec = services.merged(service.spec, body)
    if reference or body.get("loadBalancers"):
        await _check(context, definition, spec)
    before = rollouts.revision_spec(service.spec)
    service.spec = spec
    service.desired = body.get("desiredCount", service.desired)
    if rollouts.revision_spec(spec) != before or body.get("forceNewDeployment"):
        _begin(context, service)
    context.engine.wake()
    return {"service": _render(context, service, tags=True)}


async def delete_service(context: Context, body: Json) -> Json:
    """The service drains its tasks and then is INACTIVE.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteService.html
    """
    store = context.store
    service = store.active_service(store.cluster(body.get("cluster")), body["service"])
    if service.desired > 0 and not body.get("force"):
        raise invalid("The service cannot be stopped while it is scaled above 0.")
    service.status, service.desired = "DRAINING", 0
    rollouts.stop_all(service, "The service was deleted.", context.clock())
    context.engine.wake()
    return {"service": _render(context, service, tags=True)}
