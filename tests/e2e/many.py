"""A project of twenty services that run one image."""

from tests.e2e.project import Project

NAMES = [f"s{number:02}" for number in range(20)]

PROJECT = """
[project]
name = "many"

[environments.local]
endpoint = "http://localhost:{port}"
port = {listener}
"""
SERVICE = """
[services.{name}]
{image}
port = {port}
cpu = 256
memory = 512
start_period = {start_period}
after = [{after}]
environment = {{ {environment} }}
"""
OWN = 'context = "tests/apps/probe"\nbuild.args = { PYTHON_IMAGE = "${PYTHON_IMAGE:-}" }'
START_PERIOD = 20  # seconds: here all twenty start on one machine


class Many(Project):
    """A project of twenty services that run the image of the first."""

    def write(self, version: str, **broken: str) -> None:
        """Write deploy.toml for a release `version`; `broken` maps services to variables."""
        base = PROJECT.format(port=self.port, listener=self.listener)
        parts = [self._service(n, name, version, broken) for n, name in enumerate(NAMES)]
        (self.root / "deploy.toml").write_text(base + "".join(parts))

    @staticmethod
    def _service(number: int, name: str, version: str, broken: dict[str, str]) -> str:
        port = 9000 + number
        pairs = [f'PROBE_PORT = "{port}"', f'PROBE_VERSION = "{version}"', broken.get(name, "")]
        return SERVICE.format(
            name=name,
            image=OWN if number == 0 else f'image = "{NAMES[0]}"',
            port=port,
            start_period=START_PERIOD,
            after='"s05"' if name == "s06" else "",
            environment=", ".join(filter(None, pairs)),
        )
