"""An instance -> what DescribeDBInstances says of it. Pure."""

import hashlib
from collections.abc import Sequence

from localcloud.rds.model import Instance, Json, Status

_WITH_ENDPOINT = frozenset(Status) - {Status.CREATING, Status.FAILED}


def endpoint_name(identifier: str, account: str, region: str) -> str:
    """Return the host name of an instance, in the form that RDS gives it.

    The part in the middle is the same for all instances of an account in a region.
    """
    mark = hashlib.sha256(f"{account}/{region}".encode()).hexdigest()[:12]
    return f"{identifier}.{mark}.{region}.rds.localhost"


def resource_id(arn: str, created: str) -> str:
    """Return the identifier that an instance keeps when it is renamed."""
    return f"db-{hashlib.sha256(f'{arn}/{created}'.encode()).hexdigest()[:26].upper()}"


def shown(instance: Instance) -> Json:
    """Return the instance as the API's DBInstance."""
    found = {
        **instance.attributes,
        "DBInstanceIdentifier": instance.identifier,
        "DBInstanceArn": instance.arn,
        "DBInstanceStatus": str(instance.status),
        "PendingModifiedValues": instance.pending,
        "TagList": instance.tags,
        "EngineVersion": _version(instance),
    }
    if instance.status in _WITH_ENDPOINT:
        found["Endpoint"] = {
            "Address": instance.address,
            "Port": instance.port,
            "HostedZoneId": "Z2R2ITUGPM61AM",
        }
    if instance.reason:
        message = {"StatusType": "local cloud", "Normal": False, "Message": instance.reason}
        found["StatusInfos"] = [{**message, "Status": str(instance.status)}]
    return found


def _version(instance: Instance) -> str:
    """A minor version that was asked for is shown, although the image has another."""
    asked = str(instance.attributes.get("EngineVersion", ""))
    return asked if "." in asked else instance.version or asked


def for_people(instance: Instance) -> dict[str, object]:
    """Return the instance as the local cloud's own status document has it."""
    url = f"postgresql://{instance.user}@localhost:{instance.host_port}/{instance.database}"
    return {
        "id": instance.identifier,
        "status": str(instance.status),
        "endpoint": f"{instance.address}:{instance.port}",
        "port": instance.host_port,
        "url": url,
        "reason": instance.reason,
    }


def matching(instances: Sequence[Instance], filters: Sequence[Json]) -> list[Instance]:
    """Return those that fit all of DescribeDBInstances' `filters`."""
    return [one for one in instances if all(_fits(one, item) for item in filters)]


def _fits(instance: Instance, item: Json) -> bool:
    values = {
        "db-instance-id": (instance.identifier, instance.arn),
        "dbi-resource-id": (instance.attributes["DbiResourceId"],),
        "engine": (instance.attributes["Engine"],),
    }
    return bool(set(values.get(item["Name"], ())) & set(item["Values"]))
