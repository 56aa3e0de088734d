"""What CreateService and UpdateService accept, and what a service then is. Pure.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service_definition_parameters.html
"""

from typing import Any

from localcloud.ecs.model import Cluster, TaskDefinition
from localcloud.wire import ApiError

Json = dict[str, Any]
_NOT_KEPT = frozenset(
    {
        "cluster",
        "service",
        "serviceName",
        "desiredCount",
        "clientToken",
        "tags",
        "forceNewDeployment",
        "monitoring",
    }
)
_UNSUPPORTED = {"BLUE_GREEN", "LINEAR", "CANARY"}


def _invalid(message: str) -> ApiError:
    return ApiError("InvalidParameterException", message)


def check(body: Json) -> None:
    """Raise ApiError for what ECS, or the local cloud, does not do."""
    if (body.get("desiredCount") or 0) < 0:
        raise _invalid("Desired count must be greater than or equal to 0.")
    if body.get("schedulingStrategy") == "DAEMON":
        raise _invalid("The local cloud has no container instances to run a DAEMON service on.")
    if (body.get("deploymentController") or {}).get("type", "ECS") != "ECS":
        raise _unsupported("deployment controllers but ECS")
    if (body.get("deploymentConfiguration") or {}).get("strategy") in _UNSUPPORTED:
        raise _unsupported("deployment strategies but ROLLING")
    if body.get("launchType") and body.get("capacityProviderStrategy"):
        raise _invalid(
            "Specifying both a launch type and capacity provider strategy is not supported."
        )


def _unsupported(what: str) -> ApiError:
    return ApiError("UnsupportedFeatureException", f"The local cloud knows no {what}.")


def check_balancer(balancer: Json, definition: TaskDefinition) -> None:
    """Raise ApiError unless the load balancer's container has that port."""
    name, port = balancer.get("containerName"), balancer.get("containerPort")
    if not balancer.get("targetGroupArn"):
        raise _unsupported("load balancers without a target group")
    found = next((c for c in definition.containers if c["name"] == name), None)
    if found is None:
        raise _invalid(f"The container {name} does not exist in the task definition.")
    if port not in {mapping["containerPort"] for mapping in found["portMappings"]}:
        raise _invalid(f"The container {name} did not have a container port {port} defined.")


def desired_of(body: Json) -> int:
    return int(body.get("desiredCount") or 0)


def _configuration(given: Json) -> Json:
    return {
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
        "strategy": "ROLLING",
        "bakeTimeInMinutes": 0,
        **given,
    }


def spec_of(body: Json, definition: TaskDefinition, cluster: Cluster) -> Json:
    """Return a new service's parameters with ECS's defaults."""
    spec = {key: value for key, value in body.items() if key not in _NOT_KEPT}
    strategy = body.get("capacityProviderStrategy") or cluster.default_strategy
    if body.get("launchType") or not strategy:
        spec["launchType"] = body.get("launchType") or "EC2"
    else:
        spec["capacityProviderStrategy"] = strategy
    if spec.get("launchType") == "FARGATE" or strategy:
        spec.setdefault("platformVersion", "LATEST")
    defaults = {
        "loadBalancers": [],
        "serviceRegistries": [],
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": "ECS"},
        "placementConstraints": [],
        "placementStrategy": [],
        "enableECSManagedTags": False,
        "enableExecuteCommand": False,
        "propagateTags": "NONE",
        "availabilityZoneRebalancing": "DISABLED",
    }
    if body.get("loadBalancers"):
        defaults["healthCheckGracePeriodSeconds"] = 0
    configuration = _configuration(body.get("deploymentConfiguration") or {})
    found = {**defaults, **spec, "deploymentConfiguration": configuration}
    return {**found, "taskDefinition": definition.arn}


def merged(spec: Json, body: Json) -> Json:
    """Return the parameters after an update; a deployment configuration is merged, too."""
    changed = {k: v for k, v in body.items() if k not in _NOT_KEPT and v is not None}
    configuration = {
        **spec["deploymentConfiguration"],
        **(changed.pop("deploymentConfiguration", None) or {}),
    }
    if "capacityProviderStrategy" in changed:
        spec = {k: v for k, v in spec.items() if k != "launchType"}
    return {**spec, **changed, "deploymentConfiguration": configuration}
