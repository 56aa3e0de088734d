"""One DB instance, and the states that it goes through."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from localcloud.wire import ApiError

DEFAULT_PORT = 5432
Json = dict[str, Any]


class Status(StrEnum):
    """https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html"""

    CREATING = "creating"
    AVAILABLE = "available"
    MODIFYING = "modifying"
    REBOOTING = "rebooting"
    STOPPING = "stopping"
    STOPPED = "stopped"
    STARTING = "starting"
    DELETING = "deleting"
    FAILED = "failed"


# The states in which RDS takes each call. A server that was killed counts as stopped, and here it
# may be rebooted too.
TAKEN_IN = {
    "ModifyDBInstance": frozenset({Status.AVAILABLE}),
    "RebootDBInstance": frozenset({Status.AVAILABLE, Status.STOPPED}),
    "StopDBInstance": frozenset({Status.AVAILABLE}),
    "StartDBInstance": frozenset({Status.STOPPED}),
    "DeleteDBInstance": frozenset(Status) - {Status.DELETING},
}


@dataclass
class Instance:
    """`attributes` are those of DescribeDBInstances, but for what changes by itself.

    `host_port` leads to it on 127.0.0.1; `reason` says why it has failed.
    """

    identifier: str
    region: str
    arn: str
    address: str
    port: int
    host_port: int
    attributes: Json
    tags: list[dict[str, str]] = field(default_factory=list)
    status: Status = Status.CREATING
    pending: Json = field(default_factory=dict)
    container: str = ""
    version: str = ""
    reason: str = ""

    @property
    def database(self) -> str:
        return str(self.attributes.get("DBName", "postgres"))

    @property
    def user(self) -> str:
        return str(self.attributes["MasterUsername"])

    @property
    def parameter_group(self) -> str:
        return str(self.attributes["DBParameterGroups"][0]["DBParameterGroupName"])

    @property
    def subnet_group(self) -> str:
        return str(self.attributes.get("DBSubnetGroup", {}).get("DBSubnetGroupName", ""))

    @property
    def major(self) -> str:
        """PostgreSQL's major version that was asked for, "" for any."""
        return str(self.attributes.get("EngineVersion", "")).partition(".")[0]

    def check(self, action: str) -> None:
        """Raise ApiError unless `action` is possible in the state that the instance is in."""
        if self.status not in TAKEN_IN[action]:
            raise ApiError(
                "InvalidDBInstanceState",
                f"Instance {self.identifier} is not in a state for {action}: it is {self.status}.",
            )
