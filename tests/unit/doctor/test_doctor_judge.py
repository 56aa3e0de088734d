"""Replies of AWS: the healthy one, and each way in which one is not."""

from pathlib import Path
from typing import Any

import pytest

from deploy.config.model import Build, Config, Environment, Service
from deploy.doctor import judge
from deploy.doctor.check import Finding
from deploy.target import Target

CONFIG = Config(Path(), "demo", Environment("prod", "eu-west-1", account="1"), {})
TARGET = Target("demo", "prod", "1", "eu-west-1", "demo-prod", "demo-records", {})


def service(platform: str = "linux/amd64", start_period: int = 10) -> Service:
    build = Build(Path("api"), Path("api/Dockerfile"), platform)
    return Service("api", build, 8000, start_period=start_period)


def bad(finding: Finding, found: str, remedy: str) -> None:
    assert finding.verdict == "NG"
    assert found in finding.found
    assert remedy in finding.remedy


@pytest.mark.parametrize(
    ("ahead", "verdict", "text"),
    [
        (0.4, "OK", "as the server's"),
        (-40.0, "OK", "40 s ahead of the server's"),
        (299.0, "OK", "299 s behind the server's"),
        (301.0, "NG", "301 s behind"),
        (-7200.0, "NG", "7200 s ahead of"),
    ],
)
def test_a_clock_may_be_off_by_what_a_signature_may(ahead: float, verdict: str, text: str) -> None:
    finding = judge.clock(ahead)
    assert finding.verdict == verdict
    assert text in finding.found


def test_a_parameter_of_this_environment_is_handed_on() -> None:
    finding = judge.parameter(TARGET, CONFIG, "1")
    assert finding.verdict == "OK"
    assert finding.value is TARGET


def test_a_parameter_of_another_account_or_region_names_both() -> None:
    elsewhere = Target("demo", "prod", "2", "us-east-1", "demo-prod", "demo-records", {})
    finding = judge.parameter(elsewhere, CONFIG, "1")
    bad(finding, "account 2, not 1; region us-east-1, not eu-west-1", "infra.apply --env prod")


def test_services_without_infrastructure_and_infrastructure_without_service() -> None:
    bad(judge.parts("services", ["api", "worker"], ["api"], "prod"), "worker", "create it")
    bad(judge.parts("services", ["api"], ["api", "old"], "prod"), "old", "delete its infra")
    assert judge.parts("sites", [], [], "prod").verdict == "OK"


def test_a_service_that_is_not_on_the_cluster() -> None:
    bad(judge.infrastructure(None, "api", "prod"), "no service api", "infra.apply --env prod")
    drained = {"status": "INACTIVE"}
    bad(judge.infrastructure(drained, "api", "prod"), "a INACTIVE service", "infra.apply")


def breaker(*, enable: bool, rollback: bool) -> dict[str, Any]:
    value = {"enable": enable, "rollback": rollback}
    return {"deploymentConfiguration": {"deploymentCircuitBreaker": value}}


def test_a_circuit_breaker_must_be_on_and_roll_back() -> None:
    assert judge.circuit_breaker(breaker(enable=True, rollback=True), "prod").verdict == "OK"
    off, stays = breaker(enable=False, rollback=False), breaker(enable=True, rollback=False)
    bad(judge.circuit_breaker(off, "prod"), "off", "infra.apply")
    bad(judge.circuit_breaker(stays, "prod"), "does not roll back", "infra.apply")
    bad(judge.circuit_breaker({}, "prod"), "off", "infra.apply")


def test_a_load_balancer_must_wait_until_the_container_has_started() -> None:
    entry: dict[str, Any] = {"loadBalancers": [{}], "healthCheckGracePeriodSeconds": 20}
    assert judge.grace_period(entry, service(start_period=20), "prod").verdict == "OK"
    finding = judge.grace_period(entry, service(start_period=60), "prod")
    bad(finding, "20 s; the container has 60 s", "too early")
    assert judge.grace_period({}, service(), "prod").verdict == "SKIP"


def test_an_image_must_be_for_the_tasks_processor() -> None:
    amd, arm = ["linux/amd64", "unknown/unknown"], ["linux/arm64/v8"]
    digest = f"sha256:{'a' * 64}"
    assert judge.architecture(amd, "X86_64", service(), digest).verdict == "OK"
    assert judge.architecture(arm, "ARM64", service("linux/arm64"), digest).verdict == "OK"
    bad(
        judge.architecture(arm, "X86_64", service(), digest),
        "the image is for linux/arm64, the task runs on X86_64",
        "--rebuild",
    )
    bad(
        judge.architecture(amd, "X86_64", service("linux/arm64"), digest),
        "deploy.toml says linux/arm64",
        "deploy-backend --service api",
    )


def test_a_denied_action_is_named() -> None:
    results = [
        {"EvalActionName": "ecs:UpdateService", "EvalDecision": "allowed"},
        {"EvalActionName": "iam:PassRole", "EvalDecision": "implicitDeny"},
    ]
    bad(judge.simulated(results, "deployer"), "may not iam:PassRole", "policy of deployer")
    assert judge.simulated(results[:1], "deployer").verdict == "OK"


def test_a_bucket_must_keep_versions_and_be_private() -> None:
    assert judge.versioned({"Status": "Enabled"}, "site", "prod").verdict == "OK"
    bad(judge.versioned({"Status": "Suspended"}, "site", "prod"), "no versions", "infra.apply")
    bad(judge.versioned({}, "site", "prod"), "site keeps no versions", "rollbacks")
    private = dict.fromkeys(judge.BLOCKS, True)
    assert judge.private(private, "prod").verdict == "OK"
    bad(judge.private({**private, "BlockPublicPolicy": False}, "prod"), "BlockPublicPolicy", "i")


def test_a_distribution_that_is_off_is_a_fault_and_one_on_its_way_is_not() -> None:
    reply: dict[str, Any] = {
        "Id": "E1", "Status": "Deployed", "DistributionConfig": {"Enabled": True}
    }  # fmt: skip
    assert judge.distribution(reply, "prod").verdict == "OK"
    assert judge.distribution({**reply, "Status": "InProgress"}, "prod").verdict == "SKIP"
    off = {**reply, "DistributionConfig": {"Enabled": False}}
    bad(judge.distribution(off, "prod"), "disabled", "infra.apply")


def test_a_shell_needs_exec_and_a_root_that_can_be_written() -> None:
    on: dict[str, Any] = {"enableExecuteCommand": True}
    assert judge.session(on, {}).verdict == "OK"
    assert "readonly_root = false" in judge.session(on, {"readonlyRootFilesystem": True}).remedy
    assert judge.session({}, {}).found == "ECS Exec is off"


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        ("arn:aws:iam::1:user/team/ann", ("user", "arn:aws:iam::1:user/team/ann")),
        ("arn:aws:sts::1:assumed-role/deployer/session", ("role", "deployer")),
        ("arn:aws:iam::1:root", ("", "the account's root may do everything")),
    ],
)
def test_whose_policies_are_asked_for(arn: str, expected: tuple[str, str]) -> None:
    assert judge.source_role(arn) == expected
