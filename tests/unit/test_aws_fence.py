"""The fence: a check before every write, and whoever fails it sends nothing."""

from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from deploy.aws import Aws
from deploy.config.model import Config, Environment
from deploy.errors import LockLostError

HERE = Environment("local", "us-east-1", endpoint="http://localhost:1")


class Raw:
    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, **_: Any) -> list[bytes]:
        return [self.body]


class Sent:
    """Answers in the cloud's place: what reached it, and which answers are errors."""

    def __init__(self, aws: Aws, service: str, *statuses: int) -> None:
        self.operations: list[str] = []
        self.statuses = list(statuses)
        self.client = aws.client(service)
        self.client.meta.events.register_last("before-send", self.answer)

    def answer(self, event_name: str, request: Any, **_: Any) -> AWSResponse:
        self.operations.append(event_name.rpartition(".")[2])
        status = self.statuses.pop(0) if self.statuses else 200
        return AWSResponse(request.url, status, HTTPHeaders(), Raw(b"{}"))


class Lock:
    def __init__(self) -> None:
        self.checks, self.lost = 0, False

    def check(self) -> None:
        self.checks += 1
        if self.lost:
            raise LockLostError("gone")


@pytest.fixture
def aws() -> Aws:
    return Aws(Config(Path(), "demo", HERE, {}))


def test_a_write_is_checked_and_a_read_is_not(aws: Aws) -> None:
    ecs, lock = Sent(aws, "ecs"), Lock()
    aws.fence(lock.check)
    ecs.client.list_clusters()
    ecs.client.describe_services(services=["a"])
    assert lock.checks == 0
    ecs.client.delete_service(service="a")
    assert lock.checks == 1


def test_who_lost_the_lock_reads_but_sends_no_write(aws: Aws) -> None:
    ecs, lock = Sent(aws, "ecs"), Lock()
    aws.fence(lock.check)
    lock.lost = True
    ecs.client.list_clusters()
    with pytest.raises(LockLostError):
        ecs.client.update_service(service="a")
    assert ecs.operations == ["ListClusters"]


def test_a_client_made_later_is_fenced_too(aws: Aws) -> None:
    lock = Lock()
    aws.fence(lock.check)
    Sent(aws, "ecr").client.batch_delete_image(repositoryName="demo", imageIds=[{"imageTag": "a"}])
    Sent(aws, "application-autoscaling").client.describe_scalable_targets(ServiceNamespace="ecs")
    assert lock.checks == 1


def test_the_lock_may_be_lost_between_two_attempts(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    ecs, lock = Sent(aws, "ecs", 503), Lock()
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: setattr(lock, "lost", True))
    aws.fence(lock.check)
    with pytest.raises(LockLostError):
        ecs.client.update_service(service="a")
    assert ecs.operations == ["UpdateService"]


def test_without_a_fence_nothing_is_checked(aws: Aws) -> None:
    ecs = Sent(aws, "ecs")
    ecs.client.delete_service(service="a")
    assert ecs.operations == ["DeleteService"]


def test_requests_without_a_client_are_fenced_from_then_on(aws: Aws) -> None:
    lock = Lock()
    before = aws.http
    aws.fence(lock.check)
    lock.lost = True
    for method in ("PUT", "DELETE", "POST"):
        with pytest.raises(LockLostError):
            aws.http.request("s3", method, "http://localhost:1/bucket/key")
    assert aws.http is not before  # the lock itself is written through the one before
    before.before_write()
