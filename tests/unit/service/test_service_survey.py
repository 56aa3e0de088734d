"""The reads of a status: in batches, and what may not be read takes nothing else along."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import EndpointConnectionError

from deploy.service.status import Bounds, Release, ServiceStatus, Unknown
from deploy.service.survey import Survey
from deploy.target import Target
from tests.unit.service.world import BACKEND, NEW, TARGET, arn, deployment, refusal, service

DENIED = refusal("AccessDeniedException")


@dataclass
class Cloud:
    """ECS, ELB and autoscaling in one; `faults` maps an operation to what it raises."""

    faults: dict[str, Exception] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def _called(self, operation: str) -> None:
        self.calls.append(operation)
        if operation in self.faults:
            raise self.faults[operation]

    def describe_services(self, *, services: list[str], **_: Any) -> dict[str, Any]:
        self._called("describe_services")
        assert len(services) <= 10
        found = [service(deployment(2, 8), serviceName=name) for name in services]
        return {"services": found}

    def describe_task_definition(self, **_: Any) -> dict[str, Any]:
        self._called("describe_task_definition")
        container = {"name": "backend", "image": f"registry/demo@{NEW}"}
        definition = {"taskDefinitionArn": arn(8), "containerDefinitions": [container]}
        return {"taskDefinition": definition, "tags": [{"key": "git-commit", "value": "3f9a1c2"}]}

    def describe_target_health(self, **_: Any) -> dict[str, Any]:
        self._called("describe_target_health")
        entry = {"Target": {"Id": "10.0.0.1", "Port": 8000}, "TargetHealth": {"State": "healthy"}}
        return {"TargetHealthDescriptions": [entry]}

    def describe_scalable_targets(self, **given: Any) -> dict[str, Any]:
        self._called("describe_scalable_targets")
        targets = [
            {"ResourceId": each, "MinCapacity": 1, "MaxCapacity": 4}
            for each in given["ResourceIds"]
        ]
        return {"ScalableTargets": targets}


def read(cloud: Cloud, target: Target = TARGET, times: int = 1) -> dict[str, Any]:
    survey = Survey(target, cloud, cloud, cloud)
    with ThreadPoolExecutor(4) as pool:
        return [survey.read(pool) for _ in range(times)][-1]


def status(cloud: Cloud) -> ServiceStatus:
    found = read(cloud)["backend"]
    assert isinstance(found, ServiceStatus)
    return found


def test_all_parts_of_a_service() -> None:
    found = status(Cloud())
    assert (found.desired, found.healthy, found.bounds) == (2, 1, Bounds(1, 4))
    assert found.release == Release("demo-backend:8", NEW, "", "3f9a1c2")


def test_twenty_services_take_two_calls_and_a_definition_is_read_once() -> None:
    names = [f"s{number}" for number in range(20)]
    places = {name: BACKEND._replace(name=name, service=name) for name in names}
    cloud = Cloud()
    assert list(read(cloud, TARGET._replace(services=places), times=2)) == names
    assert cloud.calls.count("describe_services") == 4
    assert cloud.calls.count("describe_scalable_targets") == 2
    assert cloud.calls.count("describe_task_definition") <= 20


def test_a_part_that_may_not_be_read_is_unknown_and_the_rest_shows() -> None:
    for operation, name in (
        ("describe_task_definition", "release"),
        ("describe_target_health", "targets"),
        ("describe_scalable_targets", "bounds"),
    ):
        found = status(Cloud({operation: DENIED}))
        assert getattr(found, name) == Unknown("not allowed")
        assert (found.desired, found.running) == (2, 2)
        assert found.problems == ()


def test_services_that_may_not_be_read_are_unknown() -> None:
    assert read(Cloud({"describe_services": DENIED})) == {"backend": Unknown("not allowed")}


def test_an_outage_is_told_as_what_it_is() -> None:
    gone = EndpointConnectionError(endpoint_url="http://nowhere")
    assert status(Cloud({"describe_target_health": gone})).targets == Unknown("not reachable")
    throttled = refusal("ThrottlingException")
    found = status(Cloud({"describe_target_health": throttled}))
    assert found.targets == Unknown("ThrottlingException")
