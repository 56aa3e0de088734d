"""Target health, as https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
describes it.
"""

from collections.abc import Callable

import botocore.exceptions
import pytest

from tests.integration.cloud.balancer import Balancer
from tests.integration.cloud.targets import App
from tests.integration.local_cloud import Cloud, eventually
from tests.ports import free_port

pytestmark = pytest.mark.ecs
Serve = Callable[..., App]


def test_one_passed_check_makes_a_new_target_healthy(balancer: Balancer, serve: Serve) -> None:
    """Irrespective of the healthy threshold, a new target needs to pass but one check."""
    app = serve()
    balancer.listen(HealthyThresholdCount=10)
    balancer.register(app.port)
    assert balancer.until(app.port, "healthy") < 4
    assert "Reason" not in balancer.health(app.port)


def test_the_check_is_the_one_of_the_target_group(balancer: Balancer, serve: Serve) -> None:
    app = serve(health=302)
    balancer.listen(HealthCheckPath="/health?deep=1", Matcher={"HttpCode": "200-299,302"})
    balancer.register(app.port)
    balancer.until(app.port, "healthy")
    check = app.checks[0]
    assert check["path"] == "/health?deep=1"
    assert check["User-Agent"] == "ELB-HealthChecker/2.0"
    assert check["Host"] == f"127.0.0.1:{app.port}"


def test_checks_come_at_the_interval(balancer: Balancer, serve: Serve) -> None:
    app = serve()
    balancer.listen(HealthCheckIntervalSeconds=5)
    balancer.register(app.port)
    assert balancer.until(app.port, "healthy") < 4
    eventually(lambda: len(app.checks) >= 3, 20)
    assert len(app.checks) == 3


def test_a_separate_port_is_checked(balancer: Balancer, serve: Serve) -> None:
    app, admin = serve(health=500), serve()
    balancer.listen(HealthCheckPort=str(admin.port))
    balancer.register(app.port)
    balancer.until(app.port, "healthy")
    assert admin.checks
    assert not app.checks


def test_a_wrong_status_makes_it_unhealthy(balancer: Balancer, serve: Serve) -> None:
    app = serve(health=500)
    balancer.listen()
    balancer.register(app.port)
    eventually(lambda: app.checks)
    first = eventually(lambda: balancer.health(app.port))
    assert first["State"] == "initial"
    assert first["Reason"] in ("Elb.RegistrationInProgress", "Elb.InitialHealthChecking")
    balancer.until(app.port, "unhealthy")
    assert balancer.health(app.port) == {
        "State": "unhealthy",
        "Reason": "Target.ResponseCodeMismatch",
        "Description": "Health checks failed with these codes: [500]",
    }


def test_nobody_listening_makes_it_unhealthy(balancer: Balancer) -> None:
    port = free_port()
    balancer.listen()
    balancer.register(port)
    balancer.until(port, "unhealthy")
    assert balancer.health(port)["Reason"] == "Target.FailedHealthChecks"


def test_an_answer_after_the_timeout_makes_it_unhealthy(balancer: Balancer, serve: Serve) -> None:
    app = serve(delay=20)
    balancer.listen()
    balancer.register(app.port)
    balancer.until(app.port, "unhealthy")
    assert balancer.health(app.port)["Reason"] == "Target.Timeout"


def test_thresholds_count_results_in_a_row(balancer: Balancer, serve: Serve) -> None:
    app = serve()
    balancer.listen(UnhealthyThresholdCount=2, HealthyThresholdCount=2)
    balancer.register(app.port)
    balancer.until(app.port, "healthy")
    app.health, before = 503, len(app.checks)
    balancer.until(app.port, "unhealthy")
    assert len(app.checks) - before == 2
    app.health, before = 200, len(app.checks)
    balancer.until(app.port, "healthy")
    assert len(app.checks) - before == 2


def test_a_group_that_no_listener_uses_is_not_checked(balancer: Balancer, serve: Serve) -> None:
    app = serve()
    group = balancer.make_group()
    balancer.register(app.port, group=group)
    assert balancer.health(app.port, group)["State"] == "unused"
    assert balancer.health(app.port, group)["Reason"] == "Target.NotInUse"
    balancer.listen_with(80, {"Type": "forward", "TargetGroupArn": group})
    balancer.until(app.port, "healthy", group=group)


def test_an_unknown_target_is_not_registered(balancer: Balancer) -> None:
    balancer.listen()
    assert balancer.health(9)["State"] == "unused"
    assert balancer.health(9)["Reason"] == "Target.NotRegistered"
    reply = balancer.elb.describe_target_health(TargetGroupArn=balancer.group)
    assert reply["TargetHealthDescriptions"] == []


def test_an_unknown_group_is_an_error(cloud: Cloud) -> None:
    arn = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/none/0123456789abcdef"
    with pytest.raises(botocore.exceptions.ClientError, match="TargetGroupNotFound"):
        cloud.client("elbv2").describe_target_health(TargetGroupArn=arn)


def test_a_name_is_no_ip_target(balancer: Balancer) -> None:
    balancer.listen()
    with pytest.raises(botocore.exceptions.ClientError, match="not a valid IPv4"):
        balancer.elb.register_targets(TargetGroupArn=balancer.group, Targets=[{"Id": "localhost"}])


def test_a_matcher_that_makes_no_sense_is_refused(balancer: Balancer) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match="HTTP code 'ok' is invalid"):
        balancer.make_group(Matcher={"HttpCode": "ok"})


def test_a_path_without_a_slash_is_refused(balancer: Balancer) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match="must begin with '/'"):
        balancer.make_group(HealthCheckPath="health")


def test_tcp_checks_only_connect(balancer: Balancer, serve: Serve) -> None:
    app = serve(health=500)
    balancer.listen(HealthCheckProtocol="TCP")
    balancer.register(app.port)
    balancer.until(app.port, "healthy")
    assert not app.checks
