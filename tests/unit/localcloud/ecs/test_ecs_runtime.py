from types import SimpleNamespace
from typing import Any

import docker
import docker.errors
import pytest

from localcloud.ecs.runtime import DockerRuntime, StartError, _output, _split_tag
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
    def logs(container: str, *, stream: bool, follow: bool) -> list[bytes]:
        return followed if follow else whole

    engine: Any = SimpleNamespace(api=SimpleNamespace(logs=logs))
    written = b"".join(_output(engine, "c"))
    assert written == max(b"".join(followed), b"".join(whole), key=len)
