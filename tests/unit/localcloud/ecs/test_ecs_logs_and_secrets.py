import asyncio
import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.ecs import logs, secrets
from localcloud.ecs.logs import Batch, LogStream

SECRET = "arn:aws:secretsmanager:us-east-1:000000000000:secret:db-AbCdEf"


@given(st.lists(st.binary(max_size=12)))
def test_lines_do_not_depend_on_how_the_output_was_cut(chunks: list[bytes]) -> None:
    found, rest = [], b""
    for chunk in chunks:
        lines, rest = logs.split_lines(rest, chunk)
        found += lines
    whole, left = logs.split_lines(b"", b"".join(chunks))
    assert (found, rest) == (whole, left)


def test_a_line_longer_than_an_event_is_cut() -> None:
    lines, rest = logs.split_lines(b"", b"x" * (logs.MOST_MESSAGE + 5) + b"\n")
    assert [len(line) for line in lines] == [logs.MOST_MESSAGE + 5]
    lines, rest = logs.split_lines(b"", b"x" * (logs.MOST_MESSAGE + 5))
    assert ([len(line) for line in lines], len(rest)) == ([logs.MOST_MESSAGE], 5)


@given(st.lists(st.integers(0, 200_000), max_size=40))
def test_batches_keep_order_and_the_limits_of_the_api(sizes: list[int]) -> None:
    events = [{"timestamp": n, "message": "x" * size} for n, size in enumerate(sizes)]
    found = list(logs.batches(events))
    assert [event for batch in found for event in batch] == events
    for batch in found:
        assert len(batch) <= logs.MOST_EVENTS
        assert sum(len(e["message"]) + logs.EVENT_OVERHEAD for e in batch) <= logs.MOST_BYTES


async def test_everything_is_sent_before_the_stream_ends() -> None:
    sent: list[Batch] = []
    first = threading.Event()

    def put(batch: Batch) -> None:
        sent.append(batch)
        first.set()

    stream = LogStream(put, lambda: 1.5, interval=0.01)
    running = asyncio.create_task(stream.run())
    stream.feed(b"one\ntw")
    assert await asyncio.to_thread(first.wait, 5)
    stream.feed(b"o\nlast without an end")
    stream.feed(None)
    await asyncio.wait_for(running, 5)
    events = [event for batch in sent for event in batch]
    assert [event["message"] for event in events] == ["one", "two", "last without an end"]
    assert {event["timestamp"] for event in events} == {1500}


@pytest.mark.parametrize(
    ("value_from", "arguments", "key"),
    [
        (SECRET, {"SecretId": SECRET}, ""),
        (f"{SECRET}:user::", {"SecretId": SECRET}, "user"),
        (f"{SECRET}::AWSPREVIOUS:", {"SecretId": SECRET, "VersionStage": "AWSPREVIOUS"}, ""),
        (f"{SECRET}:user::v1", {"SecretId": SECRET, "VersionId": "v1"}, "user"),
        ("/app/key", {"Name": "/app/key", "WithDecryption": True}, ""),
        (
            "arn:aws:ssm:r:1:parameter/k",
            {"Name": "arn:aws:ssm:r:1:parameter/k", "WithDecryption": True},
            "",
        ),
    ],
)
def test_where_a_secret_comes_from(value_from: str, arguments: dict[str, object], key: str) -> None:
    reference = secrets.parse(value_from)
    assert secrets.arguments(reference) == arguments
    assert reference.key == key


def test_a_key_of_a_json_secret() -> None:
    reference = secrets.parse(f"{SECRET}:a::")
    assert secrets.extract(reference, json.dumps({"a": "b"})) == "b"
    assert secrets.extract(reference, json.dumps({"a": 1})) == "1"
    with pytest.raises(ValueError, match="did not contain json key a"):
        secrets.extract(reference, json.dumps({"b": 1}))
    with pytest.raises(ValueError, match="did not contain"):
        secrets.extract(reference, "[1]")


def test_names_of_streams() -> None:
    assert logs.stream_name({"awslogs-stream-prefix": "p"}, "app", "t1") == "p/app/t1"
    assert logs.stream_name({}, "app", "t1") == "app/t1"
