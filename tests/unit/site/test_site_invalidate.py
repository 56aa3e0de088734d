"""An invalidation is waited for visibly, and its failure is a warning."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from deploy.events import Event, Note, PhaseEnded, PhaseProgress
from deploy.objects import Got
from deploy.site.invalidate import Batch, invalidate
from deploy.site.pointer import Pointer, parse, serialize

PATHS = ("/", "/index.html")
LIVE = "20261122T081512Z-3f9a1c2"


class Store:
    """A bucket that holds one pointer."""

    name = "bucket"

    def __init__(self) -> None:
        self.pointer = Pointer(LIVE, "invalidating", pending=PATHS)

    def get(self, key: str) -> Got:
        return Got(serialize(self.pointer), "1")

    def put_if(self, key: str, body: bytes, content_type: str, etag: str | None) -> str | None:
        self.pointer = parse(body)
        return "2"


class CloudFront:
    """Answers each call by the next of `replies`: a status, or an error's code."""

    def __init__(self, *replies: str) -> None:
        self.replies = list(replies)
        self.batches: list[dict[str, Any]] = []
        self.asked = 0

    def _reply(self, operation: str) -> dict[str, Any]:
        status = self.replies.pop(0)
        if status in {"Completed", "InProgress"}:
            return {"Invalidation": {"Id": "I1", "Status": status}}
        raise ClientError({"Error": {"Code": status, "Message": "no"}}, operation)

    def create_invalidation(
        self,
        *,
        DistributionId: str,  # noqa: N803
        InvalidationBatch: dict[str, Any],  # noqa: N803
    ) -> dict[str, Any]:
        self.batches.append(InvalidationBatch)
        return self._reply("CreateInvalidation")

    def get_invalidation(self, *, DistributionId: str, Id: str) -> dict[str, Any]:  # noqa: N803
        self.asked += 1
        return self._reply("GetInvalidation")


class Run:
    def __init__(self, *replies: str) -> None:
        self.store, self.client = Store(), CloudFront(*replies)
        self.events: list[Event] = []
        self.time = 0.0

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def __call__(self, paths: tuple[str, ...] = PATHS, client: Any = None) -> bool:
        return invalidate(
            self.store,  # type: ignore[arg-type]
            "frontend",
            LIVE,
            paths,
            distribution="E1",
            cloudfront=client or (lambda: self.client),
            emit=self.events.append,
            clock=lambda: self.time,
            sleep=self.sleep,
            timeout=60,
        )

    @property
    def warnings(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Note)]


def test_it_waits_until_cloudfront_confirms() -> None:
    run = Run("InProgress", "InProgress", "InProgress", "Completed")
    assert run()
    assert run.client.batches[0]["Paths"] == {"Quantity": 2, "Items": ["/", "/index.html"]}
    assert (run.store.pointer.state, run.store.pointer.pending) == ("live", ())
    told = [event.detail for event in run.events if isinstance(event, PhaseProgress)]
    assert told == ["in progress, 0 s", "in progress, 1 s", "in progress, 2 s"]


def test_nothing_to_invalidate_asks_nobody() -> None:
    run = Run()

    def fail() -> None:
        pytest.fail("a client was made")

    assert run((), client=fail)
    assert run.events == []


@pytest.mark.parametrize("code", ["AccessDenied", "NoSuchDistribution", "TooManyThings"])
def test_a_refusal_is_a_warning_and_leaves_the_paths_for_the_next_run(code: str) -> None:
    run = Run(code)
    assert not run()
    assert code in run.warnings[0]
    assert "run it again" in run.warnings[0]
    assert run.store.pointer.pending == PATHS
    ended = run.events[-2]
    assert isinstance(ended, PhaseEnded)
    assert not ended.ok


def test_it_waits_for_others_to_end() -> None:
    run = Run(*["TooManyInvalidationsInProgress"] * 2, "Completed")
    assert run()
    assert len({batch["CallerReference"] for batch in run.client.batches}) == 1


def test_it_does_not_wait_for_ever() -> None:
    run = Run(*["InProgress"] * 100)
    assert not run()
    assert run.time == 60
    assert "in progress for 60 s" in run.warnings[0]
    assert run.store.pointer.pending == PATHS


def test_no_network_is_a_warning() -> None:
    run = Run()

    def fail() -> None:
        raise EndpointConnectionError(endpoint_url="https://cloudfront.amazonaws.com")

    assert not run(client=fail)
    assert "Could not connect" in run.warnings[0]


def test_the_same_paths_of_a_release_are_one_batch_however_often() -> None:
    assert Batch("E1", LIVE, PATHS).reference == Batch("E1", LIVE, PATHS).reference
    assert Batch("E1", LIVE, PATHS).reference.startswith(LIVE)
    assert Batch("E1", LIVE, PATHS).reference != Batch("E1", LIVE, ("/",)).reference
