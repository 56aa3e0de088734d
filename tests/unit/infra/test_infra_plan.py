"""What Terraform is told, to the letter."""

from pathlib import Path

import pytest

from deploy.config.model import Database, Environment
from deploy.errors import ConfigError, PreflightError
from deploy.infra import plan
from tests.unit.infra.samples import LOCAL, PROD, config, site

SPACE = plan.Workspace(root=Path("/tf/environments/local"), folder=Path("/project/.shipway/local"))


def test_a_plan_is_saved_so_that_exactly_it_is_applied() -> None:
    assert plan.plan_argv(SPACE) == (
        "terraform",
        "plan",
        "-json",
        "-input=false",
        "-detailed-exitcode",
        "-lock-timeout=60s",
        "-var-file=/project/.shipway/local/terraform.tfvars.json",
        "-out=/project/.shipway/local/terraform.tfplan",
    )
    assert plan.apply_argv(SPACE)[-1] == "/project/.shipway/local/terraform.tfplan"


def test_a_plan_always_reads_the_real_infrastructure() -> None:
    assert not any("refresh" in word for word in plan.plan_argv(SPACE))


def test_destroy_is_a_plan_too() -> None:
    assert "-destroy" in plan.plan_argv(SPACE, destroy=True)
    assert "-destroy" not in plan.plan_argv(SPACE)


def test_init_says_where_the_state_is_even_if_the_project_was_moved() -> None:
    argv = plan.init_argv({"path": "/p/terraform.tfstate"})
    assert argv[-2:] == ("-reconfigure", "-backend-config=path=/p/terraform.tfstate")


def test_init_for_validate_touches_no_backend() -> None:
    assert plan.init_argv(None)[-1] == "-backend=false"


def test_format_only_checks_when_asked_to() -> None:
    assert plan.format_argv(check=True)[-2:] == ("-check", "-diff")
    assert plan.format_argv(check=False) == ("terraform", "fmt", "-recursive")


@pytest.mark.parametrize(
    ("environment", "root"),
    [
        (LOCAL, "local"),
        (PROD, "prod"),
        (Environment("staging", "us-east-1", account="123456789012"), "prod"),
        (Environment("sandbox", "us-east-1", endpoint="http://localhost:4567"), "local"),
        (Environment("own", "us-east-1"), "own"),
    ],
)
def test_an_environment_without_a_root_of_its_own_takes_the_one_of_its_kind(
    environment: Environment, root: str
) -> None:
    space = plan.workspace(config(environment), Path("/tf/environments"), {"local", "prod", "own"})
    assert space.root == Path("/tf/environments") / root
    assert space.folder == Path("/project/.shipway") / environment.name


def test_local_variables_carry_endpoint_and_port() -> None:
    assert plan.variables(config(LOCAL, "web", "api")) == {
        "project": "shipway-demo",
        "environment": "local",
        "region": "us-east-1",
        "services": {
            name: {
                "port": 8000,
                "health": "/health",
                "start_period": 10,
                "image": "",
                "database": False,
            }
            for name in ("web", "api")
        },
        "default_service": "web",
        "sites": {},
        "database": None,
        "endpoint": "http://localhost:4566",
        "listener_port": 8001,
        "site_ports": {},
        "database_port": 15432,
    }


def test_a_database_is_told_as_the_file_has_it() -> None:
    found = plan.variables(config(PROD, database=Database(size="db.m7g.large", secret="pg-url")))
    assert found["database"] == {
        "name": "app",
        "version": "17",
        "size": "db.m7g.large",
        "storage": 20,
        "secret": "pg-url",
        "connections": 10,
    }
    assert "database_port" not in found


def test_only_services_that_name_its_secret_reach_the_database() -> None:
    secrets = {
        "web": {"DATABASE_URL": "database-url"},
        "mail": {"API_KEY": "mail-key"},
        "ssm": {"DATABASE_URL": "/other/database-url"},
    }
    given = config(PROD, "web", "mail", "ssm", "plain", database=Database(), secrets=secrets)
    found = plan.variables(given)["services"]
    assert [name for name, service in found.items() if service["database"]] == ["web"]


def test_without_a_database_its_secrets_name_reaches_nothing() -> None:
    given = config(PROD, "web", secrets={"web": {"DATABASE_URL": "database-url"}})
    assert plan.variables(given)["services"]["web"]["database"] is False


def test_a_site_is_told_with_what_its_bucket_must_keep() -> None:
    given = site("frontend", single_page=False, keep_releases=5, keep_days=30)
    assert plan.variables(config(PROD, sites=(given,)))["sites"] == {
        "frontend": {"single_page": False, "keep_releases": 5, "keep_days": 30}
    }


def test_local_sites_get_ports_in_the_order_of_the_file() -> None:
    local = Environment("local", "us-east-1", endpoint="http://localhost:4566", site_port=8090)
    found = plan.variables(config(local, sites=(site("shop"), site("admin"))))
    assert found["site_ports"] == {"shop": 8090, "admin": 8091}


def test_sites_of_aws_have_no_ports() -> None:
    assert "site_ports" not in plan.variables(config(PROD, sites=(site("frontend"),)))


def test_variables_of_aws_carry_the_account_that_is_guarded() -> None:
    variables = plan.variables(config(PROD))
    assert variables["account"] == "123456789012"
    assert "endpoint" not in variables


def test_an_environment_on_aws_must_name_its_account() -> None:
    with pytest.raises(ConfigError, match="names no AWS account") as caught:
        plan.variables(config(Environment("prod", "us-east-1")))
    assert "[environments.prod]" in caught.value.remedy


def test_local_state_is_a_file_beside_the_variables() -> None:
    settings = plan.backend(config(), SPACE, "")
    assert settings == {"path": "/project/.shipway/local/terraform.tfstate"}


def test_state_on_aws_is_in_the_bucket_that_is_named() -> None:
    assert plan.backend(config(PROD), SPACE, "states") == {
        "bucket": "states",
        "key": "shipway-demo/prod/terraform.tfstate",
        "region": "eu-central-1",
    }


def test_no_bucket_is_said_before_terraform_starts() -> None:
    with pytest.raises(PreflightError, match="has no bucket") as caught:
        plan.backend(config(PROD), SPACE, "")
    assert "SHIPWAY_STATE_BUCKET" in caught.value.remedy


def test_only_an_environment_with_an_endpoint_gets_one() -> None:
    local = plan.settings(config(), SPACE)
    assert local["AWS_ENDPOINT_URL"] == "http://localhost:4566"
    assert local["AWS_PROFILE"] == ""
    aws = plan.settings(config(PROD), SPACE)
    assert not {"AWS_ENDPOINT_URL", "AWS_PROFILE"} & aws.keys()


def test_the_fingerprint_follows_every_input() -> None:
    files = {"a.tf": b"one", "b.tf": b"two"}
    first = plan.fingerprint(files, "mirror")
    assert first == plan.fingerprint(dict(reversed(files.items())), "mirror")
    assert first != plan.fingerprint({**files, "a.tf": b"other"}, "mirror")
    assert first != plan.fingerprint({**files, "c.tf": b""}, "mirror")
    assert first != plan.fingerprint(files, "network")
