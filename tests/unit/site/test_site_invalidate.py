"""An invalidation is waited for visibly, and its failure is a warning."""

from typing import Any
from xml.etree import ElementTree as ET

import pytest
from botocore.serialize import create_serializer
from botocore.session import Session
from hypothesis import given
from hypothesis import strategies as st

from deploy.errors import LockLostError
from deploy.events import Event, Note, PhaseEnded, PhaseProgress
from deploy.objects import Got
from deploy.signed_http import Response, UnreachableError
from deploy.site.distribution import Distribution
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
    """Stands for SignedHttp: answers each request by the next of `replies`, a status or a code."""

    def __init__(self, *replies: str) -> None:
        self.replies = list(replies)
        self.asked: list[tuple[str, str, bytes]] = []

    def url(self, service: str) -> str:
        return f"https://{service}.amazonaws.com/"

    def request(
        self, service: str, method: str, url: str, *, headers: Any, body: bytes
    ) -> Response:
        self.asked.append((method, url, body))
        status = self.replies.pop(0)
        if status == "unreachable":
            raise UnreachableError("cloudfront.amazonaws.com cannot be reached")
        if status in {"Completed", "InProgress"}:
            return Response(201, {}, _told(f"<Id>I1</Id><Status>{status}</Status>"))
        error = f"<Error><Type>Sender</Type><Code>{status}</Code><Message>no</Message></Error>"
        return Response(400, {}, f"<ErrorResponse>{error}</ErrorResponse>".encode())

    @property
    def batches(self) -> list[ET.Element]:
        sent = [body for method, _, body in self.asked if method == "POST"]
        return [ET.fromstring(body) for body in sent]  # noqa: S314 - our own


def _told(inside: str) -> bytes:
    space = "http://cloudfront.amazonaws.com/doc/2020-05-31/"
    return f'<?xml version="1.0"?>\n<Invalidation xmlns="{space}">{inside}</Invalidation>'.encode()


class Run:
    def __init__(self, *replies: str) -> None:
        self.store, self.client = Store(), CloudFront(*replies)
        self.events: list[Event] = []
        self.time = 0.0

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def __call__(self, paths: tuple[str, ...] = PATHS) -> bool:
        return invalidate(
            self.store,  # type: ignore[arg-type]
            "frontend",
            LIVE,
            paths,
            distribution=Distribution(self.client, "E1"),  # type: ignore[arg-type]
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
    assert [url for _, url, _ in run.client.asked] == [
        "https://cloudfront.amazonaws.com/2020-05-31/distribution/E1/invalidation",
        *["https://cloudfront.amazonaws.com/2020-05-31/distribution/E1/invalidation/I1"] * 3,
    ]
    assert (run.store.pointer.state, run.store.pointer.pending) == ("live", ())
    told = [event.detail for event in run.events if isinstance(event, PhaseProgress)]
    assert told == ["in progress, 0 s", "in progress, 0 s", "in progress, 1 s"]


def test_nothing_to_invalidate_asks_nobody() -> None:
    run = Run()
    assert run(())
    assert (run.client.asked, run.events) == ([], [])


CREATE = Session().get_service_model("cloudfront").operation_model("CreateInvalidation")
PATH = st.text(st.characters(exclude_categories=["C"]), min_size=1)


@given(paths=st.lists(PATH, min_size=1, max_size=5))
def test_cloudfront_reads_what_botocore_would_have_written(paths: list[str]) -> None:
    run = Run("Completed")
    assert run(tuple(paths))
    reference = Batch(LIVE, tuple(paths)).reference
    batch = {"Paths": {"Quantity": len(paths), "Items": paths}, "CallerReference": reference}
    wanted = create_serializer("rest-xml").serialize_to_request(
        {"DistributionId": "E1", "InvalidationBatch": batch}, CREATE
    )
    method, url, body = run.client.asked[0]
    assert (method, url) == (
        wanted["method"],
        run.client.url("cloudfront") + wanted["url_path"][1:],
    )
    assert ET.canonicalize(body.decode()) == ET.canonicalize(wanted["body"].decode())


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
    assert len({batch.findtext("{*}CallerReference") for batch in run.client.batches}) == 1


def test_it_does_not_wait_for_ever() -> None:
    run = Run(*["InProgress"] * 100)
    assert not run()
    assert run.time == 60
    assert "in progress for 60 s" in run.warnings[0]
    assert run.store.pointer.pending == PATHS


def test_no_network_is_a_warning() -> None:
    run = Run("unreachable")
    assert not run()
    assert "cannot be reached" in run.warnings[0]


def test_a_lost_lock_is_no_warning() -> None:
    run = Run()

    def lost(*_: object, **__: object) -> None:
        raise LockLostError("another run has the lock")

    run.client.request = lost  # type: ignore[assignment,method-assign]
    with pytest.raises(LockLostError):
        run()


def test_the_same_paths_of_a_release_are_one_batch_however_often() -> None:
    assert Batch(LIVE, PATHS).reference == Batch(LIVE, PATHS).reference
    assert Batch(LIVE, PATHS).reference.startswith(LIVE)
    assert Batch(LIVE, PATHS).reference != Batch(LIVE, ("/",)).reference
