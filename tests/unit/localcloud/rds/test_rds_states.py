"""https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html"""

import pytest

from localcloud.wire import ApiError
from tests.unit.localcloud.rds.played import Rds


async def test_an_instance_is_available_when_its_server_answers() -> None:
    rds = Rds()
    asked = await rds.create()
    assert asked["DBInstance"]["DBInstanceStatus"] == "creating"
    assert "Endpoint" not in asked["DBInstance"]
    found = await rds.settled()
    assert found["DBInstanceStatus"] == "available"
    assert found["Endpoint"]["Address"].startswith("db.")
    assert found["EngineVersion"] == "17.5"


async def test_without_an_image_nothing_is_made() -> None:
    rds = Rds()
    rds.servers.faults["check_image"] = "no image. Run `scripts/setup`"
    with pytest.raises(ApiError, match="scripts/setup"):
        await rds.create()
    assert rds.instances.all() == []


@pytest.mark.parametrize(
    ("call", "said"), [("create", "broken"), ("start", "broken"), ("execute", "refuses")]
)
async def test_a_server_that_can_t_be_had_has_failed_and_says_why(call: str, said: str) -> None:
    rds = Rds()
    rds.servers.faults[call] = "broken"
    await rds.create()
    found = await rds.settled()
    assert found["DBInstanceStatus"] == "failed"
    assert said in found["StatusInfos"][0]["Message"]
    assert "Endpoint" not in found


async def test_a_server_that_ends_at_its_start_has_failed_with_its_last_lines() -> None:
    rds = Rds()
    rds.servers.ends_at_once = True
    await rds.create()
    assert "no space left" in (await rds.settled())["StatusInfos"][0]["Message"]


@pytest.mark.parametrize("again", ["StartDBInstance", "RebootDBInstance"])
async def test_a_server_that_was_killed_counts_as_stopped(again: str) -> None:
    rds = Rds()
    await rds.create()
    await rds.settled()
    rds.servers.running.clear()
    assert (await rds.settled())["DBInstanceStatus"] == "stopped"
    await rds.call(again)
    assert (await rds.settled())["DBInstanceStatus"] == "available"


async def test_a_call_that_its_state_does_not_allow_is_refused() -> None:
    rds = Rds()
    await rds.create()
    for action in ("ModifyDBInstance", "RebootDBInstance", "StartDBInstance", "StopDBInstance"):
        with pytest.raises(ApiError, match="InvalidDBInstanceState"):
            await rds.call(action)
    with pytest.raises(ApiError, match="DBInstanceAlreadyExists"):
        await rds.create()
    await rds.settled()


async def test_an_instance_may_be_deleted_while_it_is_made() -> None:
    rds = Rds()
    await rds.create()
    deleted = await rds.call("DeleteDBInstance", SkipFinalSnapshot=True)
    assert deleted["DBInstance"]["DBInstanceStatus"] == "deleting"
    await rds.instances.settle()
    assert rds.instances.all() == []
    with pytest.raises(ApiError, match="DBInstanceNotFound"):
        await rds.call("DescribeDBInstances")


async def test_what_can_wait_waits_for_a_reboot() -> None:
    rds = Rds()
    await rds.create()
    await rds.settled()
    await rds.call("ModifyDBInstance", DBInstanceClass="db.t4g.small", CopyTagsToSnapshot=True)
    found = await rds.settled()
    assert found["DBInstanceClass"] == "db.t4g.micro"
    assert found["PendingModifiedValues"] == {"DBInstanceClass": "db.t4g.small"}
    assert found["CopyTagsToSnapshot"] is True
    await rds.call("RebootDBInstance")
    found = await rds.settled()
    assert found["DBInstanceClass"] == "db.t4g.small"
    assert found["PendingModifiedValues"] == {}


async def test_what_is_applied_at_once_waits_no_longer() -> None:
    rds = Rds()
    await rds.create()
    await rds.settled()
    for at_once in (False, True):
        await rds.call("ModifyDBInstance", MultiAZ=True, ApplyImmediately=at_once)
        found = await rds.settled()
    assert found["MultiAZ"] is True
    assert found["PendingModifiedValues"] == {}


async def test_another_group_s_static_parameters_wait_for_a_reboot() -> None:
    rds = Rds()
    await rds.create()
    await rds.settled()
    await rds.call("ModifyDBInstance", DBParameterGroupName="known")
    (group,) = (await rds.settled())["DBParameterGroups"]
    assert group["ParameterApplyStatus"] == "pending-reboot"
    await rds.call("RebootDBInstance")
    (group,) = (await rds.settled())["DBParameterGroups"]
    assert group == {"DBParameterGroupName": "known", "ParameterApplyStatus": "in-sync"}
    assert "work_mem" in str(rds.servers.told[-1]["SCRIPT"])


async def test_a_group_in_use_is_kept() -> None:
    rds = Rds()
    await rds.create(DBSubnetGroupName="known", DBParameterGroupName="known")
    await rds.settled()
    for kind in ("DBSubnetGroup", "DBParameterGroup"):
        with pytest.raises(ApiError, match="InvalidDB"):
            await rds.api.check_unused(f"Delete{kind}", "us-east-1", {f"{kind}Name": "known"})
        await rds.api.check_unused(f"Delete{kind}", "us-east-1", {f"{kind}Name": "other"})


async def test_the_port_on_this_machine_is_the_one_of_its_tag() -> None:
    rds = Rds()
    await rds.create(Tags=[{"Key": "LocalPort", "Value": "29777"}])
    await rds.create(DBInstanceIdentifier="second", Tags=[{"Key": "LocalPort", "Value": "29777"}])
    await rds.settled()
    ports = {item["id"]: item["port"] for item in await rds.api.shown()}
    assert ports["db"] == 29777
    assert ports["second"] != 29777


async def test_two_regions_are_two_worlds() -> None:
    rds = Rds()
    await rds.create()
    elsewhere = await rds.api.call("DescribeDBInstances", "eu-west-1", {})
    assert elsewhere["DBInstances"] == []
    await rds.settled()


async def test_snapshots_replicas_and_clusters_are_refused_and_not_pretended() -> None:
    rds = Rds()
    for action in ("CreateDBSnapshot", "CreateDBInstanceReadReplica", "CreateDBCluster"):
        with pytest.raises(ApiError, match="no clusters, snapshots or replicas"):
            await rds.call(action)
