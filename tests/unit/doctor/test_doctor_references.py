"""What `secrets` of deploy.toml names, and what a role must be allowed for it."""

from deploy.doctor.grants import of_deploy, of_execution
from deploy.infra.policy import policy
from deploy.infrastructure import POLICY_TEMPLATE
from deploy.secret_names import parse
from deploy.target import ServiceTarget, SiteTarget, Target

SECRET = "arn:aws:secretsmanager:eu-west-1:1:secret:db-AbCdEf"
API = ServiceTarget(
    name="api", service="api", family="demo-api", repository="demo-api",
    repository_url="r/demo-api",
    execution_role_arn="arn:aws:iam::1:role/execution", task_role_arn="arn:aws:iam::1:role/task",
    log_group="/ecs/demo-api", target_group_arn="", url="", min_tasks=1,
)  # fmt: skip
SITE = SiteTarget("web", "demo-web", "E1", "https://web")
TARGET = Target("demo", "prod", "1", "eu-west-1", "demo", "records", {"api": API}, {"web": SITE})


def test_an_execution_role_must_read_exactly_the_secrets_that_are_named() -> None:
    references = [parse(text, "demo", "prod") for text in (SECRET, "key", "/demo/url")]
    grants = of_execution(TARGET, API, references, "aws")
    by_action = {action: grant.resources for grant in grants for action in grant.actions}
    assert by_action["secretsmanager:GetSecretValue"] == (
        SECRET,
        "arn:aws:secretsmanager:eu-west-1:1:secret:demo/prod/key-??????",
    )
    assert by_action["ssm:GetParameters"] == ("arn:aws:ssm:eu-west-1:1:parameter/demo/url",)
    assert "ssm:GetParameters" not in {
        action for grant in of_execution(TARGET, API, [], "aws") for action in grant.actions
    }


def test_a_deploy_must_pass_both_roles_to_ecs_and_write_what_it_deploys() -> None:
    grants = {grant.actions: grant for grant in of_deploy(TARGET, "aws-cn")}
    passed = grants["iam:PassRole",]
    assert passed.passed_to == "ecs-tasks.amazonaws.com"
    assert passed.resources == (API.execution_role_arn, API.task_role_arn)
    written = grants["s3:GetObject", "s3:PutObject"].resources
    assert written == ("arn:aws-cn:s3:::demo-web/*", "arn:aws-cn:s3:::records/*")


def test_the_policy_that_is_printed_allows_all_that_is_asked_for() -> None:
    text = POLICY_TEMPLATE.read_text(encoding="utf-8")
    allowed = {action for entry in policy(text, TARGET)["Statement"] for action in entry["Action"]}
    asked = {action for grant in of_deploy(TARGET, "aws") for action in grant.actions}
    assert asked <= allowed
