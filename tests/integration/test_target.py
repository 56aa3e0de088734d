"""What a deploy reads first: whose account this is, and what Terraform made. On both clouds."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.aws import Aws
from deploy.config.model import Config, Environment
from deploy.environment import read_target
from deploy.errors import PreflightError
from tests.integration.local_cloud import Cloud

PLACE = {
    "service": "api",
    "family": "demo-local-api",
    "repository": "demo-local-api",
    "repository_url": "registry/demo-local-api",
    "execution_role_arn": "arn:execution",
    "task_role_arn": "arn:task",
    "log_group": "/demo/local/api",
    "target_group_arn": "arn:group",
    "url": "http://localhost:8000",
    "min_tasks": 1,
}


def aws(cloud: Cloud, project: str, account: str | None = None) -> Aws:
    environment = Environment("local", "us-east-1", account=account, endpoint=cloud.endpoint)
    return Aws(Config(Path(), project, environment, {}))


@pytest.fixture
def parameter(cloud: Cloud) -> Iterator[str]:
    """A deploy parameter as Terraform writes it; yields the project's name."""
    value = {
        "project": "target-test",
        "environment": "local",
        "account": "000000000000",
        "region": "us-east-1",
        "cluster": "demo-local",
        "records": "records",
        "services": {"api": PLACE},
        "sites": {},
    }
    ssm, name = cloud.client("ssm"), "/target-test/local/deploy"
    ssm.put_parameter(Name=name, Value=json.dumps(value), Type="String", Overwrite=True)
    yield "target-test"
    ssm.delete_parameter(Name=name)


def test_what_terraform_wrote_is_read_back(cloud: Cloud, parameter: str) -> None:
    target = read_target(aws(cloud, parameter))
    assert target.cluster == "demo-local"
    assert target.services["api"].family == "demo-local-api"
    assert target.services["api"].min_tasks == 1


def test_without_infrastructure_the_remedy_is_to_make_it(cloud: Cloud) -> None:
    with pytest.raises(PreflightError, match="/none/local/deploy") as caught:
        read_target(aws(cloud, "none"))
    assert "invoke infra.apply --env local" in caught.value.remedy


def test_a_parameter_of_another_shape_is_refused(cloud: Cloud, parameter: str) -> None:
    cloud.client("ssm").put_parameter(
        Name="/target-test/local/deploy", Value='{"services": []}', Type="String", Overwrite=True
    )
    with pytest.raises(PreflightError, match="not of the shape"):
        read_target(aws(cloud, parameter))


def test_the_account_is_compared(cloud: Cloud) -> None:
    assert aws(cloud, "any", "000000000000").check_account() == "000000000000"
    with pytest.raises(PreflightError, match="account 111111111111"):
        aws(cloud, "any", "111111111111").check_account()
