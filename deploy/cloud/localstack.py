"""LocalStack's own image on the same port, for those who have a token.

https://docs.localstack.cloud/aws/getting-started/auth-token/
"""

from pathlib import Path

from deploy.events import Emit, PhaseOutput
from deploy.process import run

TOKEN = "LOCALSTACK_AUTH_TOKEN"  # noqa: S105 - the name of the variable
_START_SECONDS = 300.0  # the image is 1 GB


def compose_argv(root: Path, port: int, *command: str) -> tuple[str, ...]:
    """Return the `docker compose` call. The token is not in it: compose reads the environment."""
    file = str(root / "localstack" / "compose.yaml")
    return ("docker", "compose", "-f", file, "-p", f"shipway-cloud-{port}", *command)


def compose(root: Path, port: int, emit: Emit, *command: str) -> None:
    """Run `docker compose`. Raises ToolError."""
    run(
        compose_argv(root, port, *command),
        env={"SHIPWAY_CLOUD_PORT": str(port)},
        timeout=_START_SECONDS,
        on_line=lambda line: emit(PhaseOutput("cloud", line)),
    )
