"""The calls about DB instances. What RDS calls by other names is left to MiniStack."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from localcloud.rds.groups import Groups
from localcloud.rds.instances import Instances
from localcloud.rds.model import DEFAULT_PORT, Instance, Json
from localcloud.rds.requests import check_creation, created, modified
from localcloud.rds.runtime import ServerError
from localcloud.rds.shown import endpoint_name, for_people, matching, resource_id, shown
from localcloud.settings import Settings
from localcloud.wire import ApiError

_TAGS = frozenset({"ListTagsForResource", "AddTagsToResource", "RemoveTagsFromResource"})
# MiniStack would answer some of these, on every address of the machine.
_NOT_HERE = frozenset(
    {
        "CreateDBCluster",
        "CreateDBInstanceReadReplica",
        "CreateDBSnapshot",
        "RestoreDBClusterFromSnapshot",
        "RestoreDBClusterToPointInTime",
        "RestoreDBInstanceFromDBSnapshot",
        "RestoreDBInstanceToPointInTime",
    }
)
_INSTANCES = frozenset(
    f"{verb}DBInstance" for verb in ("Create", "Modify", "Delete", "Reboot", "Start", "Stop")
)
ACTIONS = _INSTANCES | _TAGS | _NOT_HERE | {"DescribeDBInstances"}
PORT_TAG = "LocalPort"
_LAST_PORT = 65535
Handler = Callable[[str, Json], Awaitable[Json]]


def is_ours(action: str, fields: Mapping[str, str]) -> bool:
    """Tell whether one of ACTIONS is about an instance: RDS has tags on other things too."""
    return action not in _TAGS or ":db:" in fields.get("ResourceName", "")


class RdsApi:
    """Answers in the engine's loop. `instances` are those of all regions; `is_free` tells whether
    nobody listens on a port of this machine.
    """

    def __init__(
        self,
        settings: Settings,
        instances: Instances,
        groups: Groups,
        is_free: Callable[[int], bool] | None = None,
    ) -> None:
        self._settings = settings
        self._is_free = is_free or _is_free
        self._groups = groups
        self.instances = instances
        self._handlers: dict[str, Handler] = {
            "CreateDBInstance": self._create,
            "DescribeDBInstances": self._describe,
            "ModifyDBInstance": self._modify,
            "DeleteDBInstance": self._delete,
            "RebootDBInstance": self._reboot,
            "StartDBInstance": self._start,
            "StopDBInstance": self._stop,
            "ListTagsForResource": self._list_tags,
            "AddTagsToResource": self._add_tags,
            "RemoveTagsFromResource": self._remove_tags,
        }

    async def call(self, action: str, region: str, given: Json) -> Json:
        """Answer the call `action` in `region`. Raises ApiError."""
        if action in _NOT_HERE:
            raise ApiError(
                "InvalidParameterCombination",
                f"The local cloud can't do {action}: its RDS has instances, and no clusters, "
                "snapshots or replicas.",
            )
        return await self._handlers[action](region, given)

    async def stop(self) -> None:
        """Do nothing more, because the local cloud stops."""
        await self.instances.close(gently=self._settings.persist)

    async def reset(self) -> None:
        """Delete every instance."""
        await self.instances.forget()

    async def shown(self) -> list[dict[str, object]]:
        """Return every instance as the local cloud's own status document has it."""
        for one in self.instances.all():
            await self.instances.look(one)
        return [for_people(one) for one in self.instances.all()]

    async def check_unused(self, action: str, region: str, fields: Mapping[str, str]) -> None:
        """Raise ApiError if a call to MiniStack would delete a group that an instance is in."""
        of = self.instances.of(region)
        if action == "DeleteDBSubnetGroup":
            used = {one.subnet_group for one in of}
            if (name := fields.get("DBSubnetGroupName")) in used:
                text = f"Cannot delete the subnet group '{name}' because it is in use."
                raise ApiError("InvalidDBSubnetGroupStateFault", text)
        if action == "DeleteDBParameterGroup":
            used = {one.parameter_group for one in of}
            if (name := fields.get("DBParameterGroupName")) in used:
                text = f"One or more database instances are still members of '{name}'."
                raise ApiError("InvalidDBParameterGroupState", text)

    async def followed(self, action: str, region: str, fields: Mapping[str, str]) -> None:
        """Take over what a call to MiniStack has changed: the parameters of a group."""
        if action in ("ModifyDBParameterGroup", "ResetDBParameterGroup"):
            for one in self.instances.of(region):
                if one.parameter_group == fields.get("DBParameterGroupName"):
                    await self.instances.configure(one)

    # --- instances

    async def _create(self, region: str, given: Json) -> Json:
        check_creation(given)
        identifier = given["DBInstanceIdentifier"].lower()
        if self.instances.find(region, identifier):
            raise ApiError("DBInstanceAlreadyExists", "DB instance already exists")
        instance = self._made(region, identifier, given)
        await self._join_groups(instance, given)
        try:
            await self.instances.check_image(instance)
        except ServerError as error:
            raise ApiError("InvalidParameterCombination", str(error)) from error
        if self.instances.find(region, identifier):  # made while the image was looked for
            raise ApiError("DBInstanceAlreadyExists", "DB instance already exists")
        instance.host_port = self._port(instance.tags)
        self.instances.create(instance, given["MasterUserPassword"])
        return {"DBInstance": shown(instance)}

    def _made(self, region: str, identifier: str, given: Json) -> Instance:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        arn = f"arn:aws:rds:{region}:{self._settings.account}:db:{identifier}"
        attributes = created(given, self._settings, region)
        attributes |= {"InstanceCreateTime": now, "DbiResourceId": resource_id(arn, now)}
        address = endpoint_name(identifier, self._settings.account, region)
        port = given.get("Port", DEFAULT_PORT)
        tags = list(given.get("Tags", ()))
        return Instance(identifier, region, arn, address, port, 0, attributes, tags)

    async def _join_groups(self, instance: Instance, given: Json) -> None:
        """Look at the groups that a call names. Raises ApiError if there is no such group."""
        if name := given.get("DBParameterGroupName"):
            await asyncio.to_thread(self._groups.check_parameter_group, instance.region, name)
        if name := given.get("DBSubnetGroupName"):
            find = self._groups.subnet_group
            instance.attributes["DBSubnetGroup"] = await asyncio.to_thread(
                find, instance.region, name
            )

    def _port(self, tags: Iterable[dict[str, str]]) -> int:
        """Return a free port of this machine, best the one that the tag asks for."""
        asked = [int(t["Value"]) for t in tags if t["Key"] == PORT_TAG and t["Value"].isdigit()]
        used = {one.host_port for one in self.instances.all()}
        for port in chain(asked, range(self._settings.database_base, _LAST_PORT + 1)):
            if port not in used and self._is_free(port):
                return port
        raise ApiError("InsufficientDBInstanceCapacity", "no port is free for the database")

    async def _describe(self, region: str, given: Json) -> Json:
        found = self.instances.of(region)
        if name := given.get("DBInstanceIdentifier"):
            found = [self._find(region, name)]
        found = matching(found, given.get("Filters", ()))
        for one in found:
            await self.instances.look(one)
        return {"DBInstances": [shown(one) for one in found]}

    async def _modify(self, region: str, given: Json) -> Json:
        instance = await self._ready(region, given, "ModifyDBInstance")
        at_once, later = modified(given, instance.attributes)
        await self._join_groups(instance, given)
        instance.attributes |= at_once
        instance.pending |= later
        for name in at_once:
            instance.pending.pop(name, None)
        self.instances.modify(instance, given.get("MasterUserPassword", ""))
        return {"DBInstance": shown(instance)}

    async def _delete(self, region: str, given: Json) -> Json:
        instance = await self._ready(region, given, "DeleteDBInstance")
        if instance.attributes["DeletionProtection"]:
            raise ApiError(
                "InvalidParameterCombination",
                "Cannot delete protected DB Instance, please disable deletion protection and try "
                "again.",
            )
        _check_final_snapshot(given)
        self.instances.delete(instance)
        return {"DBInstance": shown(instance)}

    async def _reboot(self, region: str, given: Json) -> Json:
        instance = await self._ready(region, given, "RebootDBInstance")
        self.instances.reboot(instance)
        return {"DBInstance": shown(instance)}

    async def _start(self, region: str, given: Json) -> Json:
        instance = await self._ready(region, given, "StartDBInstance")
        self.instances.start(instance)
        return {"DBInstance": shown(instance)}

    async def _stop(self, region: str, given: Json) -> Json:
        instance = await self._ready(region, given, "StopDBInstance")
        self.instances.stop(instance)
        return {"DBInstance": shown(instance)}

    async def _ready(self, region: str, given: Json, action: str) -> Instance:
        instance = self._find(region, given["DBInstanceIdentifier"])
        await self.instances.look(instance)
        instance.check(action)
        return instance

    def _find(self, region: str, name: str) -> Instance:
        """Return an instance by its identifier or its ARN."""
        found = self.instances.find(region, name.rpartition(":db:")[2])
        if found is None:
            raise ApiError("DBInstanceNotFound", f"DBInstance {name} not found.", 404)
        return found

    # --- tags

    async def _list_tags(self, region: str, given: Json) -> Json:
        return {"TagList": self._find(region, given["ResourceName"]).tags}

    async def _add_tags(self, region: str, given: Json) -> Json:
        instance = self._find(region, given["ResourceName"])
        new: dict[str, Any] = {tag["Key"]: tag for tag in (*instance.tags, *given["Tags"])}
        instance.tags = list(new.values())
        return {}

    async def _remove_tags(self, region: str, given: Json) -> Json:
        instance = self._find(region, given["ResourceName"])
        instance.tags = [tag for tag in instance.tags if tag["Key"] not in given["TagKeys"]]
        return {}


def _check_final_snapshot(given: Json) -> None:
    if given.get("SkipFinalSnapshot"):
        return
    if not given.get("FinalDBSnapshotIdentifier"):
        raise ApiError(
            "InvalidParameterCombination",
            "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.",
        )
    raise ApiError(
        "InvalidParameterCombination",
        "The local cloud keeps no snapshots: delete with SkipFinalSnapshot "
        "(skip_final_snapshot = true).",
    )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
