"""Servers without Docker, and an RDS on them."""

from collections.abc import Mapping, Sequence
from typing import Any

from localcloud.rds.api import RdsApi
from localcloud.rds.instances import Instances
from localcloud.rds.model import Instance, Json
from localcloud.rds.runtime import ServerError
from localcloud.rds.statements import READY
from localcloud.settings import Settings
from localcloud.wire import ApiError

SETTINGS = Settings(hostname="host", database_base=29000)
REGION = "us-east-1"


class PlayedServers:
    """Containers that run as long as they are told to. `faults` are the calls that fail."""

    def __init__(self) -> None:
        self.running: set[str] = set()
        self.faults: dict[str, str] = {}
        self.ends_at_once = False
        self.told: list[Mapping[str, str]] = []

    def _do(self, call: str) -> None:
        if call in self.faults:
            raise ServerError(self.faults[call])

    def check_image(self, instance: Instance) -> None:
        self._do("check_image")

    def create(self, instance: Instance, secret: str) -> str:
        self._do("create")
        return instance.identifier

    def start(self, container: str) -> None:
        self._do("start")
        if not self.ends_at_once:
            self.running.add(container)

    def stop(self, container: str) -> None:
        self.running.discard(container)

    def remove(self, instance: Instance) -> None:
        self._do("remove")
        self.running.discard(instance.container)

    def address(self, container: str) -> str:
        return "172.18.0.2" if container in self.running else ""

    def execute(
        self, container: str, argv: Sequence[str], environment: Mapping[str, str]
    ) -> tuple[int, str]:
        if argv == READY:
            return 0, "17.5 (Debian)"
        self.told.append(environment)
        return (1, "ERROR") if "execute" in self.faults else (0, "")

    def tail(self, container: str) -> str:
        return "FATAL: no space left"


class PlayedGroups:
    """A subnet group and a parameter group of which there are only some."""

    def subnet_group(self, region: str, name: str) -> Json:
        if name != "known":
            raise ApiError("DBSubnetGroupNotFoundFault", name, 404)
        return {"DBSubnetGroupName": name, "VpcId": "vpc-1"}

    def check_parameter_group(self, region: str, name: str) -> None:
        if name != "known":
            raise ApiError("DBParameterGroupNotFound", name, 404)

    def parameters(self, instance: Instance) -> dict[str, str]:
        return {"work_mem": "8192"} if instance.parameter_group == "known" else {}


class Rds:
    """An RDS whose servers are played."""

    def __init__(self) -> None:
        self.servers = PlayedServers()
        groups: Any = PlayedGroups()
        self.instances = Instances(self.servers, groups.parameters)
        self.api = RdsApi(SETTINGS, self.instances, groups, is_free=lambda _port: True)

    async def call(self, action: str, **given: Any) -> Json:
        return await self.api.call(action, REGION, {"DBInstanceIdentifier": "db", **given})

    async def create(self, **options: Any) -> Json:
        return await self.call("CreateDBInstance", **asked(**options))

    async def settled(self, name: str = "db") -> Json:
        """Return the instance when nothing is done to it any more."""
        await self.instances.settle()
        found = await self.call("DescribeDBInstances", DBInstanceIdentifier=name)
        described: Json = found["DBInstances"][0]
        return described


def asked(**options: Any) -> Json:
    """Return the input of CreateDBInstance; an option that is None is left out."""
    given = {
        "DBInstanceIdentifier": "db",
        "Engine": "postgres",
        "EngineVersion": "17",
        "DBInstanceClass": "db.t4g.micro",
        "AllocatedStorage": 20,
        "DBName": "app",
        "MasterUsername": "app",
        "MasterUserPassword": "long-enough",
        **options,
    }
    return {name: value for name, value in given.items() if value is not None}
