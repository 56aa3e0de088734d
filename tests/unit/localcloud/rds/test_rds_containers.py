"""What a database's container is given, and what psql is told in it."""

from dataclasses import replace

import pytest

from localcloud.rds.containers import container_arguments, image_reference, volume_labels
from localcloud.rds.model import Instance
from localcloud.rds.requests import created
from localcloud.rds.shown import endpoint_name, for_people
from localcloud.rds.statements import configuration
from tests.unit.localcloud.rds.played import REGION, SETTINGS, asked


def instance() -> Instance:
    attributes = created(asked(), SETTINGS, REGION)
    return Instance("db", REGION, "arn", "db.x.rds.localhost", 5432, 29001, attributes)


def test_it_is_reached_by_its_name_and_on_loopback_alone() -> None:
    found = container_arguments(instance(), "s", SETTINGS)
    assert found["network"] == SETTINGS.network
    joined = found["networking_config"][SETTINGS.network]
    assert joined["Aliases"] == ["db.x.rds.localhost"]
    assert found["ports"] == {"5432/tcp": ("127.0.0.1", 29001)}


def test_rows_go_with_the_container_unless_they_are_kept() -> None:
    assert container_arguments(instance(), "s", SETTINGS)["volumes"] == {}
    kept = container_arguments(instance(), "s", replace(SETTINGS, persist=True))
    ((name, mount),) = kept["volumes"].items()
    assert name == "shipway-database-4566-us-east-1-db"
    assert kept["environment"]["PGDATA"].startswith(f"{mount['bind']}/")
    assert "fsync=off" not in kept["command"]


def test_what_is_kept_does_not_carry_the_label_of_what_is_removed() -> None:
    assert "shipway.cloud" not in volume_labels("17", SETTINGS)


def test_the_image_is_the_configured_one_or_the_official_one_of_the_version() -> None:
    assert image_reference(instance(), SETTINGS) == "postgres:17-alpine"
    mine = replace(SETTINGS, postgres_image="mine:1")
    assert image_reference(instance(), mine) == "mine:1"


def test_endpoints_are_stable_and_of_one_region() -> None:
    name = endpoint_name("db", "000000000000", REGION)
    assert name == endpoint_name("db", "000000000000", REGION)
    assert name != endpoint_name("db", "000000000000", "eu-west-1")
    assert name.endswith(".us-east-1.rds.localhost")


def test_what_people_are_shown_has_no_password() -> None:
    assert for_people(instance())["url"] == "postgresql://app@localhost:29001/app"


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("log_statement", "ddl", "ALTER SYSTEM SET log_statement = 'ddl';"),
        ("application_name", "o'x", "ALTER SYSTEM SET application_name = 'o''x';"),
        ("search_path", "a, b", "ALTER SYSTEM SET search_path = 'a', 'b';"),
    ],
)
def test_parameters_become_settings(name: str, value: str, line: str) -> None:
    assert line in configuration({name: value}).splitlines()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rds.force_ssl", "1"),
        ("shared_buffers", "{DBInstanceClassMemory/32768}"),
        ("x; DROP TABLE y", "1"),
    ],
)
def test_what_is_no_setting_of_postgresql_is_left_out(name: str, value: str) -> None:
    assert configuration({name: value}) == configuration({})
