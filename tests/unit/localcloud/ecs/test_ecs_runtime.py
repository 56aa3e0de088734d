import docker
import docker.errors
import pytest

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
