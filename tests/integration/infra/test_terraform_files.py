"""The Terraform files: formatted, valid, applied to the local cloud, unchanged, and gone again."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy import process
from deploy.config.model import Build, Config, Environment, Service
from deploy.errors import PreflightError, ToolError
from deploy.events import Event, Note, PhaseEnded, PhaseProgress, PhaseStarted, PlanShown
from deploy.infra import mirror, terraform
from deploy.infra.plan import format_argv, init_argv, validate_argv
from deploy.target import Target, parse_target
from tests.integration.local_cloud import Cloud, free_port

pytestmark = pytest.mark.ecs


def configuration(root: Path, endpoint: str, project: str = "infra-test", **options: Any) -> Config:
    build = Build(context=root, dockerfile=root / "Dockerfile")
    names = options.pop("names", ("web", "api"))
    environment = Environment("local", "us-east-1", endpoint=endpoint, port=options.pop("listener"))
    services = {name: Service(name, build, 8000, **options) for name in names}
    return Config(root=root, project=project, environment=environment, services=services)


class Watched:
    """Collects the events of a run."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def lines(self) -> list[str]:
        return [event.detail for event in self.of(PhaseProgress)]


@pytest.fixture(scope="module")
def applied(
    cloud: Cloud, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Config, Watched]]:
    """An environment with two services; destroyed at the end."""
    config = configuration(tmp_path_factory.mktemp("infra"), cloud.endpoint, listener=free_port())
    watched = Watched()
    terraform.apply(config, watched.emit)
    yield config, watched
    terraform.destroy(config, Watched().emit)


def deploy_target(cloud: Cloud, config: Config) -> Target:
    name = f"/{config.project}/local/deploy"
    return parse_target(cloud.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])


def test_files_are_formatted() -> None:
    process.run(format_argv(check=True), cwd=terraform.TERRAFORM)


@pytest.mark.parametrize("environment", ["local", "prod"])
def test_environments_are_valid(environment: str, tmp_path: Path) -> None:
    env = {"TF_DATA_DIR": str(tmp_path / "data"), "CHECKPOINT_DISABLE": "1"}
    found = mirror.find(mirror.roots({}, Path.home()), mirror.this_platform())
    if found:
        (tmp_path / "tfrc").write_text(mirror.configuration(found))
        env["TF_CLI_CONFIG_FILE"] = str(tmp_path / "tfrc")
    root = terraform.TERRAFORM / "environments" / environment
    process.run(init_argv(None), cwd=root, env=env)
    process.run(validate_argv(), cwd=root, env=env)


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
    assert (group["HealthCheckIntervalSeconds"], group["HealthCheckTimeoutSeconds"]) == (5, 2)


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
    assert [sid for sid, resource in statements.items() if resource == "*"] == ["RegistryToken"]


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


def everything(cloud: Cloud) -> list[str]:
    """Return the names and ARNs of what can be listed."""
    ecs, ec2 = cloud.client("ecs"), cloud.client("ec2")
    vpcs = ec2.describe_vpcs(Filters=[{"Name": "tag-key", "Values": ["Project"]}])["Vpcs"]
    groups = ec2.describe_security_groups()["SecurityGroups"]
    return [
        *ecs.list_clusters()["clusterArns"],
        *(tag["Value"] for vpc in vpcs for tag in vpc["Tags"]),
        *(group["GroupName"] for group in groups),
        *(
            lb["LoadBalancerArn"]
            for lb in cloud.client("elbv2").describe_load_balancers()["LoadBalancers"]
        ),
        *(
            tg["TargetGroupArn"]
            for tg in cloud.client("elbv2").describe_target_groups()["TargetGroups"]
        ),
        *(r["repositoryArn"] for r in cloud.client("ecr").describe_repositories()["repositories"]),
        *(role["RoleName"] for role in cloud.client("iam").list_roles()["Roles"]),
        *(
            group["logGroupName"]
            for group in cloud.client("logs").describe_log_groups()["logGroups"]
        ),
        *(
            p["Name"].replace("/", "-")
            for p in cloud.client("ssm").describe_parameters()["Parameters"]
        ),
    ]


def test_a_cloud_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nothing listens
        port = taken.getsockname()[1]
        config = configuration(tmp_path, f"http://127.0.0.1:{port}", listener=8000)
        with pytest.raises(PreflightError, match="does not answer") as caught:
            terraform.plan(config, Watched().emit)
    assert "invoke cloud.up" in caught.value.remedy
    assert not (tmp_path / ".shipway").exists()


def test_without_terraform_it_is_said_where_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("terraform") is None
    with pytest.raises(PreflightError, match="not installed") as caught:
        terraform.plan(configuration(tmp_path, "http://127.0.0.1:9", listener=8000), Watched().emit)
    assert "developer.hashicorp.com" in caught.value.remedy
