"""What a deployer may do: everything that deploy/ asks of AWS, and nothing else."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import Session

from deploy.infra.policy import policy
from deploy.infrastructure import POLICY_TEMPLATE
from tests.unit.infra.targets import ACCOUNT, target

DEPLOY = Path(__file__).parents[3] / "deploy"
TEMPLATE = POLICY_TEMPLATE.read_text()
# Services whose IAM prefix is not the name of the client.
PREFIXES = {"elbv2": "elasticloadbalancing"}
# What `docker push` asks of ECR.
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
PUSH = {
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:GetAuthorizationToken",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
}
# What registering a revision asks for beside ecs:RegisterTaskDefinition.
REGISTER = {"iam:PassRole", "ecs:TagResource"}
# What pruning asks for: what of a family there is, and away with what nothing needs.
PRUNE = {"ecr:BatchDeleteImage", "ecs:DeregisterTaskDefinition", "ecs:ListTaskDefinitions"}
# AWS asks for no permission.
FREE = {"sts:GetCallerIdentity"}
# Run by people, who have permissions of their own: it skips what it may not see.
BY_PEOPLE = {"doctor", "diagnosis", "keep", "secret_tasks"}
# The local cloud is no part of AWS.
LOCAL = {"cloud"}


def source() -> str:
    return "\n".join(
        path.read_text()
        for path in sorted(DEPLOY.rglob("*.py"))
        if not (BY_PEOPLE | LOCAL) & set(path.relative_to(DEPLOY).with_suffix("").parts)
    )


def words() -> Iterator[str]:
    """Every attribute and every string of deploy/: methods of clients, names of paginators."""
    for node in ast.walk(ast.parse(source())):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def clients() -> set[str]:
    """Return the services that deploy/ makes a client of."""
    return set(re.findall(r"\bclient\(\s*\"([a-z0-9-]+)\"", source()))


def asked_by_clients() -> set[str]:
    session, known = Session(), set(words())
    return {
        f"{PREFIXES.get(service, service)}:{operation}"
        for service in clients()
        for operation in session.get_service_model(service).operation_names
        if xform_name(operation) in known
    }


def asked_by_signed_requests() -> set[str]:
    """S3's actions stand where a refusal names them, SSM's where it is called, CloudFront's by
    their reference.
    """
    text = source()
    site = (DEPLOY / "site" / "distribution.py").read_text()
    cdn = {f"cloudfront:{name}" for name in re.findall(r"/API_([A-Za-z]+)\.html", site)}
    ssm = {f"ssm:{name}" for name in re.findall(r"\bAmazonSSM\.([A-Za-z]+)", text)}
    return ssm | cdn | set(re.findall(r"\bs3:[A-Z][a-z]+[A-Z][A-Za-z]+\b", text))


def asked() -> set[str]:
    return asked_by_clients() | asked_by_signed_requests() | PUSH | REGISTER | PRUNE


def statements(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {statement["Sid"]: statement for statement in document["Statement"]}


def allowed(document: dict[str, Any]) -> set[str]:
    return {action for statement in document["Statement"] for action in statement["Action"]}


def test_the_search_for_calls_finds_them() -> None:
    assert {"ecs", "ecr", "logs", "elbv2"} <= clients()
    assert {"ecs:UpdateService", "ecs:ListTasks"} <= asked_by_clients()
    signed = {"ssm:GetParameter", "s3:PutObject", "s3:ListBucket", "cloudfront:CreateInvalidation"}
    assert signed <= asked_by_signed_requests()


def test_everything_that_a_deploy_asks_of_aws_is_allowed() -> None:
    assert asked() - FREE - allowed(policy(TEMPLATE, target())) == set()


def test_nothing_is_allowed_that_no_deploy_asks_for() -> None:
    assert allowed(policy(TEMPLATE, target())) - asked() == set()


def test_no_action_is_a_pattern() -> None:
    assert not {action for action in allowed(policy(TEMPLATE, target())) if "*" in action}


def test_everything_is_this_environments_but_what_knows_no_resource() -> None:
    found = statements(policy(TEMPLATE, target()))
    everything = {sid for sid, statement in found.items() if statement["Resource"] == ["*"]}
    assert everything == {
        "SeeTasks",  # by its condition in one cluster
        "SeeWhatKnowsNoResource",
        "LogInToTheRegistry",
        "WriteRevisions",
    }
    for sid in found.keys() - everything - {"Scale"}:
        assert all("shipway-demo" in arn or "EFRONTEND" in arn for arn in found[sid]["Resource"])


def test_roles_are_handed_to_tasks_only_and_only_the_services_own() -> None:
    found = statements(policy(TEMPLATE, target("api", "worker")))["HandRolesToTasks"]
    assert found["Condition"] == {
        "StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
    }
    assert found["Resource"] == [
        f"arn:aws:iam::{ACCOUNT}:role/shipway-demo-prod-{name}"
        for name in ("api-execution", "api-task", "worker-execution", "worker-task")
    ]


def test_secrets_are_never_read() -> None:
    assert "GetSecretValue" not in json.dumps(policy(TEMPLATE, target()))


def test_versions_of_records_stay() -> None:
    found = statements(policy(TEMPLATE, target()))["PruneSites"]
    assert found["Resource"] == [f"arn:aws:s3:::shipway-demo-prod-frontend-{ACCOUNT}/*"]


def test_the_lock_and_the_records_can_be_written() -> None:
    found = statements(policy(TEMPLATE, target(sites=())))
    assert found["WriteObjects"]["Resource"] == [
        f"arn:aws:s3:::shipway-demo-prod-records-{ACCOUNT}/*"
    ]


def test_no_statement_is_about_nothing() -> None:
    found = statements(policy(TEMPLATE, target(sites=())))
    assert all(statement["Resource"] for statement in found.values())
    assert not {"PruneSites", "Invalidate"} & found.keys()


def test_a_repository_that_services_share_is_named_once() -> None:
    two = target("api", "worker")
    shared = {name: place._replace(repository="one") for name, place in two.services.items()}
    found = statements(policy(TEMPLATE, two._replace(services=shared)))
    assert found["SeeImages"]["Resource"] == [f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/one"]


def test_a_plan_may_only_look() -> None:
    reading = ("Describe", "Get", "List", "BatchGet", "FilterLog")
    found = allowed(policy(TEMPLATE, target(), read_only=True))
    assert all(action.partition(":")[2].startswith(reading) for action in found)
    assert {"ssm:GetParameter", "ecs:DescribeServices", "s3:GetObject"} <= found
    assert "ecr:GetAuthorizationToken" not in found  # with PutImage it would be a login to push


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-central-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_arns_are_of_the_regions_partition(region: str, partition: str) -> None:
    found = statements(policy(TEMPLATE, target(region=region)))
    arns = [arn for statement in found.values() for arn in statement["Resource"] if arn != "*"]
    ours = [arn for arn in arns if ":role/" not in arn]  # those say it themselves
    assert {arn.split(":")[1] for arn in ours} == {partition}
    assert found["SeeBuckets"]["Resource"][0].startswith(f"arn:{partition}:s3:::shipway-demo-prod")


def test_twenty_services_fit_into_policies_of_iams_size() -> None:
    """Module ci-oidc makes one of what looks, one of the roles, and one of the rest.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    whole = policy(TEMPLATE, target(*(f"service-{n}" for n in range(20))))
    parts: dict[str, list[Any]] = {"looks": [], "roles": [], "rest": []}
    for statement in whole["Statement"]:
        sid = statement["Sid"]
        part = "roles" if sid == "HandRolesToTasks" else "rest"
        parts["looks" if sid.startswith("See") else part].append(statement)
    for found in parts.values():
        text = json.dumps({**whole, "Statement": found}, separators=(",", ":"))
        assert len(text) <= 6144
