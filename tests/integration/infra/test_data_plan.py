"""The database of an environment on AWS: who reaches it, what is kept of it, and no password told.

Planned as Terraform would, with only the security groups and the password really created: so the
plan knows their ids, and what it says of who is a member of which group is the whole truth.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from deploy.errors import ToolError
from tests.integration.infra.prod import Planned, Prod
from tests.integration.local_cloud import Cloud

pytestmark = pytest.mark.ecs

DATABASE = {
    "name": "app",
    "version": "17",
    "size": "db.t4g.micro",
    "storage": 20,
    "secret": "database-url",
    "connections": 10,
}
SERVICE = {"port": 8000, "health": "/health", "start_period": 10}
SERVICES = {"web": SERVICE | {"database": True}, "api": SERVICE}
GIVEN: dict[str, Any] = {"database": DATABASE, "services": SERVICES, "project": "data-plan"}
CREATED = (
    "data[0].aws_security_group.client",
    "data[0].aws_security_group.database",
    "data[0].aws_db_subnet_group.main",
    "data[0].aws_secretsmanager_secret_version.password",
    "network.aws_route_table_association.private",
    'service["web"].aws_security_group.task',
    'service["api"].aws_security_group.task',
)
PASSWORD = "data-plan/prod/database-url-password"


@pytest.fixture(scope="module")
def prod(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prod]:
    made = Prod(tmp_path_factory.mktemp("prod"), cloud.endpoint)
    try:
        made.apply(*CREATED, **GIVEN)
        yield made
    finally:
        made.destroy(**GIVEN)


@pytest.fixture(scope="module")
def planned(prod: Prod) -> Planned:
    return prod.plan(**GIVEN)


def mentions(planned: Planned, identifier: str) -> set[str]:
    """Return the addresses of all resources in whose values the identifier stands."""
    found = planned.resources().items()
    return {address for address, values in found if identifier in json.dumps(values)}


def test_only_tasks_of_services_that_name_the_secret_reach_the_database(planned: Planned) -> None:
    resources = planned.resources()
    client = resources["data[0].aws_security_group.client"]
    (rule,) = resources["data[0].aws_security_group.database"]["ingress"]
    assert rule["security_groups"] == [client["id"]]
    assert (rule["protocol"], rule["from_port"], rule["to_port"]) == ("tcp", 5432, 5432)
    assert not any(rule[key] for key in ("cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids"))
    assert not rule["self"]
    assert mentions(planned, client["id"]) == {
        "data[0].aws_security_group.client",
        "data[0].aws_security_group.database",
        'service["web"].aws_ecs_service.main',
    }


def test_the_database_has_no_other_way_in(planned: Planned) -> None:
    resources = planned.resources()
    instance = resources["data[0].aws_db_instance.main"]
    group = resources["data[0].aws_security_group.database"]
    assert instance["vpc_security_group_ids"] == [group["id"]]
    assert instance["publicly_accessible"] is False
    assert resources["data[0].aws_security_group.client"]["ingress"] == []
    rules = ("security_group_rule", "_ingress_rule", "_egress_rule")
    assert not [address for address in resources if any(kind in address for kind in rules)]


def test_the_database_opens_no_connection_of_its_own(cloud: Cloud, tmp_path: Path) -> None:
    """No rule is written: then the provider takes away the one that a new group has on AWS."""
    planned = Prod(tmp_path, cloud.endpoint).plan(**GIVEN)
    assert "egress" not in planned.of("data[0].aws_security_group.database")


def test_the_database_is_in_subnets_that_the_internet_has_no_route_to(planned: Planned) -> None:
    resources = planned.resources()
    subnets = resources["data[0].aws_db_subnet_group.main"]["subnet_ids"]
    private = [resources[f"network.aws_subnet.private[{n}]"]["id"] for n in (0, 1)]
    assert sorted(subnets) == sorted(private)
    gateway = resources["network.aws_internet_gateway.main"]["id"]
    assert "network.aws_route_table.public" in mentions(planned, gateway)
    for n in (0, 1):
        table = resources[f"network.aws_route_table.private[{n}]"]
        routes = resources[f"network.aws_route_table_association.private[{n}]"]
        assert routes["route_table_id"] == table["id"]
        assert gateway not in json.dumps(table)


def test_a_service_without_the_secret_is_no_member(planned: Planned) -> None:
    resources = planned.resources()
    (settings,) = resources['service["api"].aws_ecs_service.main']["network_configuration"]
    own = resources['service["api"].aws_security_group.task']["id"]
    assert settings["security_groups"] == [own]


def test_what_is_stored_is_encrypted_and_kept(planned: Planned) -> None:
    instance = planned.of("data[0].aws_db_instance.main")
    assert instance["storage_encrypted"]
    assert instance["multi_az"]
    assert instance["deletion_protection"]
    assert instance["backup_retention_period"] == 14
    assert not instance["delete_automated_backups"]
    assert not instance["skip_final_snapshot"]
    assert instance["copy_tags_to_snapshot"]
    assert instance["max_allocated_storage"] == 100


def test_connections_are_encrypted_and_checked(planned: Planned) -> None:
    found = planned.of("data[0].aws_db_parameter_group.main")["parameter"]
    parameters = {parameter["name"]: parameter["value"] for parameter in found}
    assert parameters["rds.force_ssl"] == "1"
    assert parameters["max_connections"] == "112"  # of 1 GiB
    assert planned.of("data[0].aws_db_instance.main")["ca_cert_identifier"] == "rds-ca-rsa2048-g1"


def test_storage_that_runs_out_is_told(planned: Planned) -> None:
    alarm = planned.of("data[0].aws_cloudwatch_metric_alarm.storage[0]")
    assert (alarm["metric_name"], alarm["comparison_operator"]) == (
        "FreeStorageSpace",
        "LessThanThreshold",
    )
    assert alarm["threshold"] == 2 * 1024**3


def test_the_password_is_in_no_plan_and_no_state(
    cloud: Cloud, prod: Prod, planned: Planned
) -> None:
    password = secret(cloud)
    assert len(password) == 40
    written = [path for path in prod.folder.rglob("*") if path.is_file() and is_ours(path)]
    assert {"saved", "terraform.tfstate", "variables.tfvars.json"} <= {p.name for p in written}
    for spelling in (password, quote(password, safe=""), json.dumps(password)[1:-1]):
        assert spelling not in json.dumps(planned.shown, ensure_ascii=False)
        assert [path for path in written if spelling.encode() in path.read_bytes()] == []


def is_ours(path: Path) -> bool:
    """Whether Terraform wrote it, and did not just install it."""
    return "providers" not in path.parts


def test_an_apply_that_is_repeated_knows_the_same_password(cloud: Cloud, prod: Prod) -> None:
    before = secret(cloud)
    prod.apply(*CREATED, **GIVEN)
    assert secret(cloud) == before


def test_another_version_is_another_password(cloud: Cloud, prod: Prod) -> None:
    before = secret(cloud)
    prod.apply(*CREATED, **GIVEN, password_version=2)
    assert secret(cloud) != before


def secret(cloud: Cloud) -> str:
    found: str = cloud.client("secretsmanager").get_secret_value(SecretId=PASSWORD)["SecretString"]
    return found


def test_more_connections_than_it_takes_are_refused(prod: Prod) -> None:
    with pytest.raises(ToolError) as caught:
        prod.plan(**GIVEN | {"database": DATABASE | {"connections": 20}})
    told = " ".join(line.strip(" |\u2502") for line in caught.value.details)
    assert "up to 8 tasks with 20 connections each: 160" in told
    assert "db.t4g.micro takes 107" in told


def test_a_larger_size_takes_more(prod: Prod) -> None:
    larger = DATABASE | {"connections": 100, "size": "db.r7g.large"}
    planned = prod.plan(**GIVEN | {"database": larger})
    found = planned.of("data[0].aws_db_parameter_group.main")["parameter"]
    assert {"max_connections": "1802"}.items() <= {p["name"]: p["value"] for p in found}.items()


def test_a_size_that_nobody_knows_the_memory_of_is_refused(prod: Prod) -> None:
    with pytest.raises(ToolError) as caught:
        prod.plan(**GIVEN | {"database": DATABASE | {"size": "db.x2g.large"}})
    assert any("must be a class of" in line for line in caught.value.details)


def test_without_a_database_there_is_none(cloud: Cloud, tmp_path: Path) -> None:
    planned = Prod(tmp_path, cloud.endpoint).plan()
    assert not [address for address in planned.resources() if address.startswith("data[")]
