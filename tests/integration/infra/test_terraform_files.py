"""The Terraform files: applied to the local cloud, unchanged, and gone again."""

import json
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import docker
import pytest

from deploy.config.model import Config
from deploy.errors import ToolError
from deploy.events import Event, Note, PhaseEnded, PhaseProgress, PhaseStarted, PlanShown
from deploy.infra import terraform
from deploy.target import Target, parse_target
from tests.integration.infra.environment import DATABASE, SITES, Watched, configuration
from tests.integration.infra.left import everything
from tests.integration.local_cloud import Cloud
from tests.ports import free_port

pytestmark = pytest.mark.ecs


def deploy_target(cloud: Cloud, config: Config) -> Target:
    name = f"/{config.project}/local/deploy"
    return parse_target(cloud.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])


def test_a_deploy_finds_all_that_it_needs(cloud: Cloud, applied: tuple[Config, Watched]) -> None:
    config, _ = applied
    target = deploy_target(cloud, config)
    assert (target.project, target.environment) == ("infra-test", "local")
    assert (target.account, target.region) == ("000000000000", "us-east-1")
    assert list(target.services) == ["api", "web"]
    web, api = target.services["web"], target.services["api"]
    assert web.url == f"http://localhost:{config.environment.port}"
    assert api.url == f"{web.url}/api"
    assert web.min_tasks == 1
    repository = cloud.client("ecr").describe_repositories(repositoryNames=[web.repository])
    assert repository["repositories"][0]["repositoryUri"] == web.repository_url
    assert repository["repositories"][0]["imageTagMutability"] == "IMMUTABLE"


def test_the_service_waits_for_its_first_deploy(
    cloud: Cloud, applied: tuple[Config, Watched]
) -> None:
    target = deploy_target(cloud, applied[0])
    web = target.services["web"]
    found = cloud.client("ecs").describe_services(cluster=target.cluster, services=[web.service])
    service = found["services"][0]
    assert (service["desiredCount"], service["runningCount"]) == (0, 0)
    settings = service["deploymentConfiguration"]
    assert settings["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert (settings["minimumHealthyPercent"], settings["maximumPercent"]) == (100, 200)
    definition = cloud.client("ecs").describe_task_definition(
        taskDefinition=service["taskDefinition"]
    )["taskDefinition"]
    assert definition["family"] == web.family
    assert definition["containerDefinitions"][0]["image"] == f"{web.repository_url}:bootstrap"


def test_logs_and_health_checks_are_as_asked_for(
    cloud: Cloud, applied: tuple[Config, Watched]
) -> None:
    web = deploy_target(cloud, applied[0]).services["web"]
    groups = cloud.client("logs").describe_log_groups(logGroupNamePrefix=web.log_group)
    assert groups["logGroups"][0]["retentionInDays"] == 7
    found = cloud.client("elbv2").describe_target_groups(TargetGroupArns=[web.target_group_arn])
    group = found["TargetGroups"][0]
    assert (group["TargetType"], group["HealthCheckPath"]) == ("ip", "/health")
    assert (group["HealthCheckIntervalSeconds"], group["HealthCheckTimeoutSeconds"]) == (5, 4)


def test_tasks_scale_up_to_four_and_none_starts_before_the_first_deploy(
    cloud: Cloud, applied: tuple[Config, Watched]
) -> None:
    target = deploy_target(cloud, applied[0])
    client = cloud.client("application-autoscaling")
    resource = f"service/{target.cluster}/web"
    scalable = client.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[resource])[
        "ScalableTargets"
    ][0]
    assert (scalable["MinCapacity"], scalable["MaxCapacity"]) == (0, 4)
    policies = client.describe_scaling_policies(ServiceNamespace="ecs", ResourceId=resource)
    aims = {
        found["PredefinedMetricSpecification"]["PredefinedMetricType"]: found["TargetValue"]
        for policy in policies["ScalingPolicies"]
        if (found := policy["TargetTrackingScalingPolicyConfiguration"])
    }
    assert aims == {
        "ECSServiceAverageCPUUtilization": 70,
        "ECSServiceAverageMemoryUtilization": 80,
    }


def test_only_the_load_balancer_reaches_a_task(
    cloud: Cloud, applied: tuple[Config, Watched]
) -> None:
    ec2 = cloud.client("ec2")
    named = {"Name": "group-name", "Values": ["infra-test-local-web-task", "infra-test-local-lb"]}
    groups = {
        group["GroupName"]: group
        for group in ec2.describe_security_groups(Filters=[named])["SecurityGroups"]
    }
    (rule,) = groups["infra-test-local-web-task"]["IpPermissions"]
    assert not rule.get("IpRanges")
    pairs = [pair["GroupId"] for pair in rule["UserIdGroupPairs"]]
    assert pairs == [groups["infra-test-local-lb"]["GroupId"]]


def test_a_task_pulls_only_its_own_image(cloud: Cloud, applied: tuple[Config, Watched]) -> None:
    web = deploy_target(cloud, applied[0]).services["web"]
    role = web.execution_role_arn.rpartition("/")[2]
    document = cloud.client("iam").get_role_policy(RoleName=role, PolicyName="execution")
    statements = {
        statement["Sid"]: statement["Resource"]
        for statement in document["PolicyDocument"]["Statement"]
    }
    assert statements["PullOwnImage"].endswith(f":repository/{web.repository}")
    assert statements["WriteOwnLog"].endswith(f":log-group:{web.log_group}:*")
    assert statements["ReadOwnSecrets"].endswith(":secret:infra-test/local/*")
    assert statements["ReadOwnParameters"].endswith(":parameter/infra-test/local/*")
    assert [sid for sid, resource in statements.items() if resource == "*"] == ["RegistryToken"]


def test_a_task_reaches_the_database_by_the_url_of_its_secret(
    cloud: Cloud, applied: tuple[Config, Watched]
) -> None:
    question = "select current_user || ' in ' || current_database()"
    with closing(docker.from_env()) as engine:
        label = f"shipway.cloud={cloud.instance}"
        (database,) = engine.containers.list(filters={"label": [label], "name": ["rds-"]})
        # Not `run(remove=True)`: it leaves the volume behind that the image asks for.
        task = engine.containers.create(
            database.attrs["Image"],
            ["sh", "-c", f'psql "$URL" --no-align --tuples-only --command "{question}"'],
            environment={"URL": secret(cloud, "database-url")},
            network=f"shipway-cloud-{cloud.port}",
        )
        try:
            task.start()
            task.wait()
            answer = task.logs().decode()
        finally:
            task.remove(v=True, force=True)
    assert answer.strip() == "app in app"


def test_no_file_has_the_password(cloud: Cloud, applied: tuple[Config, Watched]) -> None:
    password = secret(cloud, "database-url-password")
    spellings = (password, quote(password, safe=""), json.dumps(password)[1:-1])
    folder = applied[0].root / ".shipway" / "local"
    files = [path for path in folder.glob("*") if path.is_file()]
    assert {"terraform.tfstate", "terraform.tfvars.json"} <= {path.name for path in files}
    told = [path.name for path in files for text in spellings if text.encode() in path.read_bytes()]
    assert told == []


def secret(cloud: Cloud, name: str) -> str:
    store = cloud.client("secretsmanager")
    return str(store.get_secret_value(SecretId=f"infra-test/local/{name}")["SecretString"])


def test_progress_tells_of_every_resource_and_of_slow_ones(
    applied: tuple[Config, Watched],
) -> None:
    _, watched = applied
    lines = watched.lines()
    assert any(line.startswith("+ network.aws_vpc.main  created") for line in lines)
    assert any("cluster.aws_lb.main  still creating, " in line for line in lines)
    last = watched.of(PhaseProgress)[-1]
    assert last.done == last.total == len(watched.of(PlanShown)[0].changes)
    assert [event.ok for event in watched.of(PhaseEnded)] == [True, True, True]


def test_a_second_apply_changes_nothing_and_initialises_nothing(
    applied: tuple[Config, Watched],
) -> None:
    watched = Watched()
    assert terraform.apply(applied[0], watched.emit).changes == ()
    assert [event.phase for event in watched.of(PhaseStarted)] == ["plan infrastructure"]
    assert watched.of(Note)[0].text == "the infrastructure is up to date"


def test_a_deploy_is_no_change_of_the_infrastructure(
    cloud: Cloud, applied: tuple[Config, Watched]
) -> None:
    """The task definition and the count are a deploy's: Terraform must not want them back."""
    config, _ = applied
    target = deploy_target(cloud, config)
    api = target.services["api"]
    ecs = cloud.client("ecs")
    definition = ecs.register_task_definition(
        family=api.family,
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[
            {"name": "api", "image": "none:1", "portMappings": [{"containerPort": 8000}]}
        ],
    )["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(
        cluster=target.cluster, service=api.service, taskDefinition=definition, desiredCount=0
    )
    assert terraform.plan(config, Watched().emit).changes == ()


def test_a_changed_health_path_is_planned_with_its_values_and_can_be_refused(
    applied: tuple[Config, Watched],
) -> None:
    config, _ = applied
    changed = configuration(
        config.root,
        str(config.environment.endpoint),
        listener=config.environment.port,
        health="/ready",
        sites=SITES,
        database=DATABASE,
        database_port=config.environment.database_port,
    )
    watched = Watched()
    assert terraform.apply(changed, watched.emit, approve=lambda plan: False).changes == ()
    changes = watched.of(PlanShown)[0].changes
    assert {change.subject for change in changes} == {
        'service["api"].aws_lb_target_group.main',
        'service["web"].aws_lb_target_group.main',
    }
    assert {(change.reason, change.before, change.after) for change in changes} == {
        ("changed: health_check.path", "/health", "/ready")
    }
    assert terraform.plan(config, Watched().emit).changes == ()


def test_what_terraform_says_of_a_failure_is_shown(cloud: Cloud, tmp_path: Path) -> None:
    config = configuration(tmp_path, cloud.endpoint, "refused", names=("no good",), listener=8000)
    watched = Watched()
    with pytest.raises(ToolError, match="`terraform plan` failed") as caught:
        terraform.apply(config, watched.emit)
    assert any("modules/service/main.tf:" in line for line in caught.value.details)
    assert any("/ecs/refused-local-no good" in line for line in caught.value.details)
    assert [event.ok for event in watched.of(PhaseEnded)] == [True, False]


def test_ctrl_c_leaves_nothing_that_the_state_does_not_know(cloud: Cloud, tmp_path: Path) -> None:
    config = configuration(
        tmp_path, cloud.endpoint, "broken-off", names=("web",), listener=free_port()
    )

    def interrupt(event: Event) -> None:
        if isinstance(event, PhaseProgress) and "aws_lb.main  still creating" in event.detail:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        terraform.apply(config, interrupt)
    assert any("loadbalancer/app/broken-off-local" in found for found in everything(cloud))
    terraform.destroy(config, Watched().emit)
    assert [found for found in everything(cloud) if "broken-off" in found] == []


def test_destroy_leaves_nothing(cloud: Cloud, applied: tuple[Config, Watched]) -> None:
    """The last of those that use the applied environment."""
    config, _ = applied
    assert any("infra-test" in found for found in everything(cloud))
    watched = Watched()
    terraform.destroy(config, watched.emit)
    assert [found for found in everything(cloud) if "infra-test" in found] == []
    assert any(line.startswith("- network.aws_vpc.main  deleted") for line in watched.lines())
    again = Watched()
    assert terraform.destroy(config, again.emit).changes == ()
    assert again.of(Note)[0].text == "nothing to destroy"
