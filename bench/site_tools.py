"""The tools that the benchmark measures, each with its best documented settings, and how."""

import compileall
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from bench.site_files import files

ROOT = Path(__file__).resolve().parents[1]
OURS = "shipway"
BYTECODE = {"PYTHONDONTWRITEBYTECODE": ""}  # kept after the first run, as on a person's machine
DEPLOY_TOML = """
[project]
name = "bench"

[sites.frontend]
root = "{root}"
output = "{output}"
install = []
build = []
cache = {{ {cache} }}

[environments.local]
endpoint = "{endpoint}"
"""


@dataclass(frozen=True)
class Run:
    """What one run took. `seconds` on the wall, `cpu` in seconds, `memory` in bytes, at its peak.

    `memory` is that of the largest of the tool's processes. `right` tells whether the bucket held
    exactly the files afterwards.
    """

    seconds: float
    cpu: float
    memory: int
    requests: Mapping[str, int]
    right: bool


class Server:
    """The fast S3 server, a process of its own. `latency` in seconds, before each reply."""

    def __init__(self, latency: float) -> None:
        python = Path(_found("s5cmd")).with_name("python")  # where uvloop is, beside the peers
        argv = (str(python), str(ROOT / "bench/s3_server.py"), "--latency", str(latency))
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout  # noqa: S101 - it is a pipe
        self.url = self.process.stdout.readline().strip()

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path) as reply:  # noqa: S310 - our own
            return json.load(reply)

    def post(self, path: str, body: bytes = b"") -> None:
        request = urllib.request.Request(self.url + path, body, method="POST")  # noqa: S310
        urllib.request.urlopen(request).close()  # noqa: S310 - our own


@dataclass(frozen=True)
class Tool:
    """A command that makes a bucket of its name hold what a folder holds."""

    name: str
    argv: tuple[str, ...]
    folder: Path  # where it runs
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, server: Server, site: Path) -> Run:
        """Run it once and measure it. Raises SystemExit, with its output, if it fails."""
        server.post("/_reset?counts=1")
        used = measured(self.argv, self.folder, self.environment)
        requests = server.get("/_stats")
        return Run(**used, requests=requests, right=holds(server, self.name, site))


def measured(argv: Sequence[str], folder: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """Run a command and return its `seconds`, `cpu` and `memory`, as Run has them."""
    with tempfile.NamedTemporaryFile() as report:
        ran = subprocess.run(
            (sys.executable, "-S", str(ROOT / "bench/measure.py"), report.name, *argv),
            cwd=folder, env={**os.environ, **BYTECODE, **environment}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        if ran.returncode:
            text = ran.stdout.decode(errors="replace")[-3000:]
            raise SystemExit(f"{argv[0]} ended with {ran.returncode}:\n{text}")
        used: dict[str, Any] = json.load(report)
    return used


def holds(server: Server, bucket: str, site: Path) -> bool:
    """Say whether a bucket holds exactly a folder's files, beside what is Shipway's own."""
    found = {
        key: digest
        for key, (digest, *_) in server.get(f"/_objects?bucket={bucket}").items()
        if not key.startswith(".shipway/")
    }
    return found == {str(path.relative_to(site)): digest(path) for path in files(site)}


def digest(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def tools(server: Server, site: Path, folder: Path) -> tuple[Tool, ...]:
    """Return Shipway and its peers, ready to deploy the folder `site`."""
    return (shipway(server, site, folder), *peers(server.url, site, folder))


def shipway(server: Server, site: Path, folder: Path) -> Tool:
    """Return `invoke deploy-frontend` in a project of its own, the bucket ready for it."""
    project = folder / "project"
    project.mkdir()
    shutil.copy(ROOT / "tasks.py", project)
    shutil.copytree(ROOT / "deploy", project / "deploy", ignore=shutil.ignore_patterns("terraform"))
    compileall.compile_dir(project / "deploy", quiet=1)
    configure(project, server, site)
    target = {
        "project": "bench", "environment": "local", "account": "000000000000",
        "region": "us-east-1", "cluster": "bench", "records": "records", "services": {},
        "sites": {"frontend": {"bucket": OURS, "distribution": "E1", "url": server.url}},
    }  # fmt: skip
    server.post("/_parameter?name=/bench/local/deploy", json.dumps(target).encode())
    argv = (sys.executable, "-m", "invoke", "deploy-frontend")
    return Tool(OURS, argv, project)


def configure(project: Path, server: Server, site: Path, cache: str = "") -> None:
    """Write the project's deploy.toml; `cache` is the inside of its table of that name."""
    text = DEPLOY_TOML.format(root=site.parent, output=site.name, cache=cache, endpoint=server.url)
    (project / "deploy.toml").write_text(text)


def peers(endpoint: str, site: Path, folder: Path) -> tuple[Tool, ...]:
    """Return the peers. Their settings are those of their documentation for many small files.

    aws: more than its 10 requests at once, or its CRT client, was not faster here. s5cmd: 256
    workers, its default. rclone: without its HEAD after each PUT (--s3-no-head), comparing MD5s.
    """
    config = folder / "empty"
    config.touch()
    environment = {
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(config),
    }  # fmt: skip
    aws = ("aws", "--endpoint-url", endpoint, "s3", "sync", "--delete", "--only-show-errors")
    s5cmd = ("s5cmd", "--endpoint-url", endpoint, "--log", "error", "sync", "--delete")
    rclone = (
        "rclone", "sync", "--config", str(config), "--quiet", "--s3-provider", "Other",
        "--s3-endpoint", endpoint, "--s3-env-auth", "--s3-region", "us-east-1", "--checksum",
        "--fast-list", "--transfers", "32", "--checkers", "32", "--s3-no-check-bucket",
        "--s3-no-head",
    )  # fmt: skip
    commands = {
        "aws": (*aws, str(site), "s3://aws"),
        "s5cmd": (*s5cmd, f"{site}/", "s3://s5cmd/"),
        "rclone": (*rclone, str(site), ":s3:rclone"),
    }
    return tuple(
        Tool(name, (_found(argv[0]), *argv[1:]), folder, environment)
        for name, argv in commands.items()
    )


@cache
def _found(name: str) -> str:
    path = shutil.which(name)
    if not path:
        raise SystemExit(f"{name} is not on PATH: run this as `nox -s bench -- site`")
    return path
