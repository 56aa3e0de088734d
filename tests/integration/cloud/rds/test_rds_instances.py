"""A database is what the API says of it.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/
"""

from contextlib import closing
from typing import Any

import asyncpg
import docker
import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud.ecs.world import World
from tests.integration.cloud.rds.world import PASSWORD, Instances
from tests.integration.local_cloud import Cloud, postgres_image

pytestmark = [pytest.mark.ecs, pytest.mark.docker]


def refusal(call: Any, **given: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**given)
    error = caught.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


async def test_an_available_database_answers_to_its_own_password_only(instances: Instances) -> None:
    name = instances.made(Tags=[{"Key": "Team", "Value": "a & b"}])
    async with instances.connected(name) as connection:
        assert await connection.fetchval("SELECT current_user || '@' || current_database()") == (
            "app@app"
        )
        await connection.execute("CREATE TABLE drivers (id int)")
        # Nor is the master user of RDS.
        assert (
            await connection.fetchval("SELECT usesuper FROM pg_user WHERE usename='app'") is False
        )
        version = await connection.fetchval("SHOW server_version")
    assert instances.find(name)["EngineVersion"] == version.split()[0]
    assert instances.find(name)["TagList"] == [{"Key": "Team", "Value": "a & b"}]
    with pytest.raises(asyncpg.InvalidPasswordError):
        async with instances.connected(name, "another-password"):
            pass


def test_tasks_reach_it_by_its_endpoint(instances: Instances, world: World) -> None:
    name = instances.made()
    endpoint = instances.find(name)["Endpoint"]
    assert endpoint["Address"].startswith(f"{name}.")
    assert endpoint["Port"] == 5432
    client = world.container(
        image=postgres_image(),
        entryPoint=["psql", "-h", endpoint["Address"], "-U", "app", "-c", "SELECT 1", "app"],
        environment=[{"name": "PGPASSWORD", "value": PASSWORD}],
        portMappings=None,
    )
    task = world.finish(world.register(client))
    assert task["containers"][0]["exitCode"] == 0, task


async def test_a_new_password_applies_and_the_old_one_is_over(instances: Instances) -> None:
    name = instances.made()
    changed = instances.rds.modify_db_instance(
        DBInstanceIdentifier=name, MasterUserPassword="quite-another"
    )
    assert changed["DBInstance"]["DBInstanceStatus"] == "modifying"
    instances.until(name, "available")
    async with instances.connected(name, "quite-another"):
        pass
    with pytest.raises(asyncpg.InvalidPasswordError):
        async with instances.connected(name):
            pass


async def test_rows_survive_a_reboot_a_stop_and_a_kill(instances: Instances, cloud: Cloud) -> None:
    name = instances.made()
    endpoint = instances.find(name)["Endpoint"]
    async with instances.connected(name) as connection:
        await connection.execute("CREATE TABLE t AS SELECT 42 AS n")

    instances.rds.reboot_db_instance(DBInstanceIdentifier=name)
    instances.until(name, "available")
    instances.rds.stop_db_instance(DBInstanceIdentifier=name)
    instances.until(name, "stopped")
    with pytest.raises(OSError):
        async with instances.connected(name):
            pass
    assert "InvalidDBInstanceState" in refusal(
        instances.rds.modify_db_instance, DBInstanceIdentifier=name, BackupRetentionPeriod=3
    )
    instances.rds.start_db_instance(DBInstanceIdentifier=name)
    instances.until(name, "available")

    kill(cloud, name)
    instances.until(name, "stopped")
    assert instances.shown(name)["reason"]
    instances.rds.reboot_db_instance(DBInstanceIdentifier=name)
    instances.until(name, "available")
    assert instances.find(name)["Endpoint"] == endpoint
    async with instances.connected(name) as connection:
        assert await connection.fetchval("SELECT n FROM t") == 42


def kill(cloud: Cloud, name: str) -> None:
    with closing(docker.from_env()) as engine:
        labels = [f"shipway.cloud={cloud.instance}", f"shipway.rds={name}"]
        (container,) = engine.containers.list(filters={"label": labels})
        container.kill()


async def test_two_databases_are_two(instances: Instances) -> None:
    first, second = instances.create(), instances.create(DBName="other")
    for name in (first, second):
        instances.until(name, "available")
    assert instances.shown(first)["port"] != instances.shown(second)["port"]
    async with instances.connected(second) as connection:
        assert await connection.fetchval("SELECT current_database()") == "other"
    both = instances.rds.describe_db_instances(
        Filters=[{"Name": "dbi-resource-id", "Values": [instances.find(second)["DbiResourceId"]]}]
    )
    assert [one["DBInstanceIdentifier"] for one in both["DBInstances"]] == [second]


async def test_the_parameters_of_its_group_apply(instances: Instances) -> None:
    rds, group = instances.rds, "parameters-apply"
    rds.create_db_parameter_group(
        DBParameterGroupName=group, DBParameterGroupFamily="postgres17", Description="d"
    )
    try:
        set_parameter(rds, group, "max_connections", "33", "pending-reboot")
        set_parameter(rds, group, "rds.force_ssl", "1")  # is RDS's own
        name = instances.made(DBParameterGroupName=group)
        async with instances.connected(name) as connection:
            assert await connection.fetchval("SHOW max_connections") == "33"
        set_parameter(rds, group, "statement_timeout", "12345")
        async with instances.connected(name) as connection:
            assert await connection.fetchval("SHOW statement_timeout") == "12345ms"
        assert "InvalidDBParameterGroupState" in refusal(
            rds.delete_db_parameter_group, DBParameterGroupName=group
        )
        instances.delete(name)
    finally:
        rds.delete_db_parameter_group(DBParameterGroupName=group)


def set_parameter(rds: Any, group: str, name: str, value: str, method: str = "immediate") -> None:
    given = {"ParameterName": name, "ParameterValue": value, "ApplyMethod": method}
    rds.modify_db_parameter_group(DBParameterGroupName=group, Parameters=[given])


def test_what_is_protected_is_not_deleted(instances: Instances) -> None:
    rds = instances.rds
    name = instances.made(DeletionProtection=True)
    assert "Cannot delete protected" in refusal(
        rds.delete_db_instance, DBInstanceIdentifier=name, SkipFinalSnapshot=True
    )
    rds.modify_db_instance(DBInstanceIdentifier=name, DeletionProtection=False)
    instances.until(name, "available")
    for given, said in (
        ({}, "FinalDBSnapshotIdentifier is required"),
        ({"FinalDBSnapshotIdentifier": "last"}, "keeps no snapshots"),
    ):
        assert said in refusal(rds.delete_db_instance, DBInstanceIdentifier=name, **given)
    assert instances.find(name)["DBInstanceStatus"] == "available"


def test_what_can_t_be_is_refused_and_makes_nothing(instances: Instances) -> None:
    create = instances.create
    assert "DBSubnetGroupNotFound" in refusal(create, DBSubnetGroupName="none")
    assert "DBParameterGroupNotFound" in refusal(create, DBParameterGroupName="none")
    assert "runs postgres only" in refusal(create, Engine="mysql")
    assert "not a valid password" in refusal(create, MasterUserPassword="with space")
    wrong = refusal(create, EngineVersion="11")
    assert "11 is asked for" in wrong
    assert "postgres_image" in wrong
    assert instances.rds.describe_db_instances()["DBInstances"] == []


def test_the_password_is_in_nothing_that_docker_shows(instances: Instances, cloud: Cloud) -> None:
    name = instances.made()
    with closing(docker.from_env()) as engine:
        labels = [f"shipway.cloud={cloud.instance}", f"shipway.rds={name}"]
        (container,) = engine.containers.list(filters={"label": labels})
        assert PASSWORD not in str(container.attrs)
        assert PASSWORD.encode() not in container.logs()
        bound = [b["HostIp"] for b in container.ports["5432/tcp"] or ()]
        assert bound == ["127.0.0.1"]


def test_tags_come_and_go(instances: Instances) -> None:
    name = instances.made(Tags=[{"Key": "a", "Value": "1"}])
    arn = instances.find(name)["DBInstanceArn"]
    instances.rds.add_tags_to_resource(
        ResourceName=arn, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "3"}]
    )
    instances.rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["b"])
    assert instances.rds.list_tags_for_resource(ResourceName=arn)["TagList"] == [
        {"Key": "a", "Value": "2"}
    ]
