"""Clusters. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Cluster.html"""

from localcloud.ecs.context import Context, Json, missing, page
from localcloud.ecs.model import STARTING, Cluster, TaskStatus
from localcloud.ecs.names import short
from localcloud.ecs.render import given
from localcloud.wire import ApiError


def _render(context: Context, found: Cluster, include: list[str]) -> Json:
    tasks = [t for t in context.store.tasks.values() if t.cluster == found.name]
    services = [s for s in context.store.services.values() if s.cluster == found.name]
    tags = context.store.tags.get(found.arn, [])
    return given(
        {
            "clusterArn": found.arn,
            "clusterName": found.name,
            "status": found.status,
            "registeredContainerInstancesCount": 0,
            "runningTasksCount": sum(t.status is TaskStatus.RUNNING for t in tasks),
            "pendingTasksCount": sum(t.status in STARTING for t in tasks),
            "activeServicesCount": sum(s.status == "ACTIVE" for s in services),
            "statistics": [],
            "tags": tags if "TAGS" in include else [],
            "settings": found.settings if "SETTINGS" in include else [],
            "configuration": found.configuration if "CONFIGURATIONS" in include else None,
            "serviceConnectDefaults": found.connect_defaults,
            "capacityProviders": found.capacity_providers,
            "defaultCapacityProviderStrategy": found.default_strategy,
            **_attachments(include),
        }
    )


def _attachments(include: list[str]) -> Json:
    if "ATTACHMENTS" not in include:
        return {}
    return {"attachments": [], "attachmentsStatus": "UPDATE_COMPLETE"}


_ALL = ["SETTINGS", "TAGS", "CONFIGURATIONS", "ATTACHMENTS"]


async def create_cluster(context: Context, body: Json) -> Json:
    """Creating an ACTIVE cluster again returns it as it is."""
    store, name = context.store, body.get("clusterName") or "default"
    found = store.clusters.get(name)
    if found is None or found.status != "ACTIVE":
        found = Cluster(
            name=name,
            arn=store.names.arn("cluster", name),
            settings=body.get("settings") or [{"name": "containerInsights", "value": "disabled"}],
            configuration=body.get("configuration") or {},
            connect_defaults=body.get("serviceConnectDefaults") or {},
            capacity_providers=body.get("capacityProviders") or [],
            default_strategy=body.get("defaultCapacityProviderStrategy") or [],
        )
        store.clusters[name] = found
        store.tags[found.arn] = body.get("tags") or []
    return {"cluster": _render(context, found, _ALL)}


async def describe_clusters(context: Context, body: Json) -> Json:
    asked = body.get("clusters") or ["default"]
    known = context.store.clusters
    found = [known[short(name)] for name in asked if short(name) in known]
    arn = context.store.names.arn
    return {
        "clusters": [_render(context, one, body.get("include") or []) for one in found],
        "failures": [missing(arn("cluster", short(a))) for a in asked if short(a) not in known],
    }


async def list_clusters(context: Context, body: Json) -> Json:
    found = [c.arn for c in context.store.clusters.values() if c.status == "ACTIVE"]
    return page(found, body, "clusterArns")


async def delete_cluster(context: Context, body: Json) -> Json:
    """A cluster with services or tasks stays; a deleted one is INACTIVE for a while."""
    store = context.store
    found = store.cluster(body["cluster"])
    if any(s.cluster == found.name and s.status != "INACTIVE" for s in store.services.values()):
        raise ApiError(
            "ClusterContainsServicesException",
            "The Cluster cannot be deleted while Services are active.",
        )
    if any(task.cluster == found.name and not task.gone for task in store.tasks.values()):
        raise ApiError(
            "ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active."
        )
    found.status = "INACTIVE"
    return {"cluster": _render(context, found, _ALL)}


async def update_cluster(context: Context, body: Json) -> Json:
    found = context.store.cluster(body["cluster"])
    found.configuration = body.get("configuration") or found.configuration
    found.connect_defaults = body.get("serviceConnectDefaults") or found.connect_defaults
    return await update_cluster_settings(context, body)


async def update_cluster_settings(context: Context, body: Json) -> Json:
    found = context.store.cluster(body["cluster"])
    changed = {entry["name"]: entry for entry in body.get("settings") or []}
    kept = {entry["name"]: entry for entry in found.settings}
    found.settings = list({**kept, **changed}.values())
    return {"cluster": _render(context, found, _ALL)}


async def put_cluster_capacity_providers(context: Context, body: Json) -> Json:
    found = context.store.cluster(body["cluster"])
    found.capacity_providers = body["capacityProviders"]
    found.default_strategy = body["defaultCapacityProviderStrategy"]
    return {"cluster": _render(context, found, _ALL)}
