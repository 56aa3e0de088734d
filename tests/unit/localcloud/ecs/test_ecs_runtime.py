import asyncio
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import docker
import docker.errors
import pytest

from localcloud.ecs.output import Output
from localcloud.ecs.runtime import DockerRuntime, StartError, _split_tag
from localcloud.settings import Settings


async def test_without_docker_a_start_fails_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**options: object) -> None:
        raise docker.errors.DockerException("Connection refused")

    monkeypatch.setattr(docker, "from_env", refuse)
    runtime = DockerRuntime(Settings(hostname="host"), None)
    with pytest.raises(StartError, match="CannotPullContainerError: Connection refused"):
        await runtime.pull("app:1")
    await runtime.close()


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("localhost:4566/app", ("localhost:4566/app", "latest")),
        ("localhost:4566/app:2", ("localhost:4566/app", "2")),
        ("app:2", ("app", "2")),
        ("app", ("app", "latest")),
    ],
)
def test_a_port_is_no_tag(reference: str, parts: tuple[str, str]) -> None:
    assert _split_tag(reference) == parts


class Followed:
    """Chunks to follow; with `unending` there is no end unless it is closed."""

    def __init__(self, chunks: list[bytes], *, unending: bool = False) -> None:
        self.chunks, self.over = chunks, threading.Event()
        if not unending:
            self.over.set()

    def __iter__(self) -> Iterator[bytes]:
        yield from self.chunks
        assert self.over.wait(5)

    def close(self) -> None:
        self.over.set()


def engine_with(followed: Followed, whole: list[bytes]) -> Any:
    """Return an engine with one container."""

    def logs(container: str, *, stream: bool, follow: bool) -> Any:
        return followed if follow else whole

    return SimpleNamespace(api=SimpleNamespace(logs=logs))


@pytest.mark.parametrize(
    ("followed", "whole"),
    [
        ([], [b"last"]),
        ([b"one\n", b"two\n"], [b"one\ntwo\n", b"last"]),
        ([b"one\ntwo\n"], [b"one\n", b"two\nlast"]),
        ([b"one\n"], [b"one\n"]),
        ([b"one\ntwo\n"], [b"two\n"]),
    ],
    ids=["nothing followed", "between chunks", "within a chunk", "nothing lost", "rotated away"],
)
def test_what_an_engine_keeps_from_followers_is_read_at_the_end(
    followed: list[bytes], whole: list[bytes]
) -> None:
    written = b"".join(Output(engine_with(Followed(followed), whole), "c"))
    assert written == max(b"".join(followed), b"".join(whole), key=len)


async def followed_to_the_end(runtime: DockerRuntime, *, close: bool) -> bytes:
    written, ended = [], asyncio.Event()

    def line(chunk: bytes | None) -> None:
        written.append(chunk or b"")
        if chunk is None:
            ended.set()

    end = runtime.follow("c", line)
    if close:
        end()
    await asyncio.wait_for(ended.wait(), 5)
    return b"".join(written)


async def test_an_end_that_the_engine_does_not_tell_is_made() -> None:
    engine = engine_with(Followed([b"one\n"], unending=True), [b"one\ntwo\n"])
    runtime = DockerRuntime(Settings(), engine)
    assert await followed_to_the_end(runtime, close=True) == b"one\ntwo\n"


async def test_output_that_cannot_be_read_has_an_end_too() -> None:
    class Broken(Followed):
        def __iter__(self) -> Iterator[bytes]:
            yield b"one\n"
            raise ValueError("half a header")

    runtime = DockerRuntime(Settings(), engine_with(Broken([]), []))
    assert await followed_to_the_end(runtime, close=False) == b"one\n"
