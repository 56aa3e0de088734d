"""What happens to a request that does not get through at once. The connections are scripted."""

import io
import ssl
from http.client import RemoteDisconnected
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult

import pytest

from deploy.errors import PreflightError
from deploy.signature import Credentials
from deploy.signed_http import ATTEMPTS, LONGEST_PAUSE, SignedHttp, UnreachableError

NOW = 1_795_334_400.0
OK: dict[str, Any] = {"status": 200, "body": b"fine"}


def refusal(status: int, code: str, **headers: str) -> dict[str, Any]:
    body = f"<Error><Code>{code}</Code><Message>m</Message></Error>".encode()
    return {"status": status, "body": body, "headers": headers}


class Reply(io.BytesIO):
    def __init__(self, status: int, body: bytes = b"", headers: Any = None) -> None:
        super().__init__(body)
        self.status, self.headers, self.length = status, headers or {}, 0

    def getheaders(self) -> list[tuple[str, str]]:
        return list(self.headers.items())


class Net:
    """Stands for Connections, and for each connection of it: answers by its script."""

    def __init__(self, *script: Any) -> None:
        self.script = iter(script)
        self.sock: object | None = None
        self.sent: list[tuple[dict[str, str], bytes]] = []
        self.dropped = 0

    def take(self, parts: SplitResult) -> "Net":
        return self

    def give(self, parts: SplitResult, connection: "Net") -> None:
        self.sock = object()

    def drop(self, parts: SplitResult) -> None:
        self.dropped += 1

    def close(self) -> None:
        self.sock = None

    def request(self, method: str, target: str, body: Any, headers: dict[str, str]) -> None:
        self.target = target
        self.sent.append((headers, body.read() if hasattr(body, "read") else body or b""))

    def getresponse(self) -> Reply:
        step = next(self.script)
        if isinstance(step, Exception):
            raise step
        return Reply(**step)


class Chain:
    """Credentials that can be renewed `times`."""

    def __init__(self, times: int = 0) -> None:
        self.times, self.number = times, 0

    def current(self) -> Credentials:
        return Credentials(f"key{self.number}", "secret")

    def renew(self, refused: Credentials) -> bool:
        assert refused == self.current()
        self.number += 1
        return self.number <= self.times


@pytest.fixture
def paused() -> list[float]:
    return []


def http(net: Net, paused: list[float], chain: Chain | None = None) -> SignedHttp:
    return SignedHttp(
        "eu-central-1",
        None,
        credentials=chain or Chain(),  # type: ignore[arg-type]
        connections=net,  # type: ignore[arg-type]
        clock=lambda: NOW,
        sleep=paused.append,
        jitter=lambda: 1.0,
    )


def get(client: SignedHttp, **options: Any) -> Any:
    return client.request("s3", "GET", "https://s3.eu-central-1.amazonaws.com/b/k", **options)


@pytest.mark.parametrize(
    "trouble",
    [
        refusal(503, "SlowDown"),
        refusal(500, "InternalError"),
        refusal(400, "RequestTimeout"),
        refusal(409, "ConditionalRequestConflict"),
        {"status": 429},
        {"status": 502},
        ConnectionResetError(),
        RemoteDisconnected("gone"),
        TimeoutError(),
    ],
)
def test_what_may_pass_is_tried_again(trouble: Any, paused: list[float]) -> None:
    reply = get(http(Net(trouble, trouble, OK), paused))
    assert (reply.status, reply.body, reply.attempts) == (200, b"fine", 3)
    assert paused == [0.1, 0.2]


@pytest.mark.parametrize("trouble", [refusal(403, "AccessDenied"), refusal(404, "NoSuchKey")])
def test_what_will_not_pass_is_returned_at_once(trouble: Any, paused: list[float]) -> None:
    reply = get(http(Net(trouble), paused))
    assert reply.status == trouble["status"]
    assert not paused


def test_it_gives_up_and_returns_the_last_refusal(paused: list[float]) -> None:
    reply = get(http(Net(*[refusal(503, "SlowDown")] * ATTEMPTS), paused))
    assert (reply.status, reply.attempts) == (503, ATTEMPTS)
    assert max(paused) <= LONGEST_PAUSE


def test_nobody_there_says_what_to_check(paused: list[float]) -> None:
    with pytest.raises(UnreachableError, match=r"s3\.eu-central-1.*2 attempts") as caught:
        get(http(Net(*[ConnectionRefusedError("refused")] * 2), paused), attempts=2)
    assert "HTTPS_PROXY" in caught.value.remedy


def test_an_untrusted_certificate_is_not_tried_again(paused: list[float]) -> None:
    with pytest.raises(PreflightError, match="not trusted") as caught:
        get(http(Net(ssl.SSLCertVerificationError("self-signed")), paused))
    assert "AWS_CA_BUNDLE" in caught.value.remedy


def test_an_idle_connection_that_was_closed_costs_no_pause(paused: list[float]) -> None:
    net = Net(OK, RemoteDisconnected("gone"), OK)
    client = http(net, paused)
    get(client)
    assert get(client).attempts == 1
    assert net.dropped == 1
    assert not paused


def test_a_clock_that_is_wrong_is_corrected_by_the_servers(paused: list[float]) -> None:
    late = "Sun, 22 Nov 2026 10:00:00 GMT"
    net = Net(refusal(403, "RequestTimeTooSkewed", date=late), OK, OK)
    client = http(net, paused)
    assert get(client).status == 200
    get(client)
    dates = [headers["x-amz-date"] for headers, _ in net.sent]
    assert dates == ["20261122T080000Z", "20261122T100000Z", "20261122T100000Z"]
    assert not paused


def test_a_correction_that_does_not_help_is_not_repeated(paused: list[float]) -> None:
    skewed = refusal(403, "RequestTimeTooSkewed", date="Sun, 22 Nov 2026 10:00:00 GMT")
    reply = get(http(Net(skewed, skewed), paused))
    assert (reply.status, reply.attempts) == (403, 2)


def test_expired_credentials_are_renewed_once(paused: list[float]) -> None:
    net = Net(refusal(400, "ExpiredToken"), OK)
    assert get(http(net, paused, Chain(times=1))).status == 200
    assert "Credential=key1/" in net.sent[1][0]["authorization"]


def test_expired_credentials_that_stay_so_are_told(paused: list[float]) -> None:
    expired = refusal(400, "ExpiredToken")
    assert get(http(Net(expired, expired), paused, Chain(times=9))).attempts == 2
    assert get(http(Net(expired), paused, Chain(times=0))).attempts == 1


def test_a_file_is_read_anew_for_each_attempt(paused: list[float], tmp_path: Path) -> None:
    path = tmp_path / "body"
    path.write_bytes(b"content")
    net = Net(refusal(503, "SlowDown"), OK)
    client = http(net, paused)
    client.request("s3", "PUT", client.url("s3") + "b/k", body=path)
    assert [body for _, body in net.sent] == [b"content", b"content"]
    assert net.sent[0][0]["content-length"] == "7"


def test_a_download_that_breaks_begins_again(paused: list[float], tmp_path: Path) -> None:
    class Torn(Net):
        def getresponse(self) -> Reply:
            reply = super().getresponse()
            if len(self.sent) == 1:
                reply.length = 5  # bytes that never came
            return reply

    with (tmp_path / "got").open("w+b") as file:
        reply = get(http(Torn(OK, OK), paused), to=file)
        assert reply.attempts == 2
    assert (tmp_path / "got").read_bytes() == b"fine"


def test_a_refusal_is_not_written_to_the_file(paused: list[float], tmp_path: Path) -> None:
    with (tmp_path / "got").open("w+b") as file:
        assert get(http(Net(refusal(404, "NoSuchKey")), paused), to=file).status == 404
    assert (tmp_path / "got").read_bytes() == b""


def test_an_error_within_a_success_is_an_error(paused: list[float]) -> None:
    """https://repost.aws/knowledge-center/s3-resolve-200-internalerror"""
    body = b'<?xml version="1.0"?>\n<Error><Code>InternalError</Code></Error>'
    net = Net({"status": 200, "body": body}, {"status": 200, "body": b"<CopyObjectResult/>"})
    client = http(net, paused)
    reply = client.request("s3", "PUT", client.url("s3") + "b/k")
    assert (reply.status, reply.attempts) == (200, 2)


def test_the_servers_time_is_never_behind_a_reply(paused: list[float]) -> None:
    client = http(Net({**OK, "headers": {"Date": "Sun, 22 Nov 2026 08:00:07 GMT"}}), paused)
    get(client)
    assert client.server_time() == NOW + 8


@pytest.mark.parametrize(
    ("region", "service", "url"),
    [
        ("eu-central-1", "sts", "https://sts.eu-central-1.amazonaws.com/"),
        ("cn-north-1", "ssm", "https://ssm.cn-north-1.amazonaws.com.cn/"),
        ("us-gov-west-1", "s3", "https://s3.us-gov-west-1.amazonaws.com/"),
        ("eu-central-1", "cloudfront", "https://cloudfront.amazonaws.com/"),
        ("us-east-1", "cloudfront", "https://cloudfront.amazonaws.com/"),
        ("cn-north-1", "cloudfront", "https://cloudfront.cn-northwest-1.amazonaws.com.cn/"),
    ],
)
def test_where_a_service_is(region: str, service: str, url: str, paused: list[float]) -> None:
    client = http(Net(), paused)
    client.region = region
    assert client.url(service) == url


def test_a_global_service_signs_for_its_own_region(paused: list[float]) -> None:
    net = Net(OK)
    client = http(net, paused)
    client.request("cloudfront", "GET", client.url("cloudfront"))
    assert "/us-east-1/cloudfront/" in net.sent[0][0]["authorization"]


@pytest.mark.parametrize(
    ("service", "method", "asked"),
    [("s3", "PUT", 1), ("cloudfront", "POST", 1), ("cloudfront", "GET", 0), ("ssm", "POST", 0)],
)
def test_a_fence_is_asked_before_a_write(
    service: str, method: str, asked: int, paused: list[float]
) -> None:
    checks: list[str] = []
    client = http(Net(OK), paused).fenced(lambda: checks.append(service))
    client.request(service, method, client.url(service))
    assert len(checks) == asked
