"""What is refused before anything is written, each with its remedy and its exit code."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.e2e.project import Project

EXPIRED = b"""<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>
<Type>Sender</Type><Code>ExpiredToken</Code>
<Message>The security token included in the request is expired</Message>
</Error></ErrorResponse>"""


class Expired(BaseHTTPRequestHandler):
    """Answers every call as STS answers a session that is over."""

    def do_POST(self) -> None:
        self.send_response(403)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(EXPIRED)))
        self.end_headers()
        self.wfile.write(EXPIRED)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def expired_cloud() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Expired)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def unwritten(project: Project) -> Iterator[Project]:
    """The project; the test must leave the cloud and deploy.toml as they were."""
    text = (project.root / "deploy.toml").read_text()
    before = project.written()
    yield project
    (project.root / "deploy.toml").write_text(text)
    assert project.written() == before


def environment(project: Project, name: str, **keys: str) -> None:
    path = project.root / "deploy.toml"
    lines = "\n".join(f'{key} = "{value}"' for key, value in keys.items())
    path.write_text(f"{path.read_text()}\n[environments.{name}]\n{lines}\n")


def test_an_unknown_environment(unwritten: Project) -> None:
    ran = unwritten.invoke("deploy-backend", "--env", "prd")
    assert ran.code == 2
    assert "environments.prd: is not defined; defined: local, prod" in ran.out


def test_an_unknown_service(unwritten: Project) -> None:
    ran = unwritten.invoke("deploy-backend", "--service", "worker")
    assert ran.code == 2
    assert "--service takes one of: backend" in ran.out


def test_another_account(unwritten: Project) -> None:
    endpoint = f"http://localhost:{unwritten.port}"
    environment(unwritten, "other", endpoint=endpoint, account="999999999999")
    ran = unwritten.invoke("deploy-backend", "--env", "other")
    assert ran.code == 3
    assert "environment other is account 999999999999" in ran.out


def test_expired_credentials(unwritten: Project) -> None:
    with expired_cloud() as endpoint:
        environment(unwritten, "expired", endpoint=endpoint)
        ran = unwritten.invoke("deploy-backend", "--env", "expired")
    assert ran.code == 3
    assert "expired" in ran.out
    assert "aws sso login" in ran.out


def test_a_cloud_that_is_down(unwritten: Project) -> None:
    environment(unwritten, "down", endpoint="http://localhost:1")
    ran = unwritten.invoke("deploy-backend", "--env", "down")
    assert ran.code == 3
    assert "invoke cloud.up" in ran.out


def test_an_environment_without_infrastructure(unwritten: Project) -> None:
    environment(unwritten, "empty", endpoint=f"http://localhost:{unwritten.port}")
    ran = unwritten.invoke("deploy-backend", "--env", "empty")
    assert ran.code == 3
    assert "invoke infra.apply --env empty" in ran.out


def test_every_mistake_in_the_configuration_at_once(unwritten: Project) -> None:
    path = unwritten.root / "deploy.toml"
    path.write_text(path.read_text().replace("cpu = 1024", "cpu = 1000\nmemmory = 1", 1))
    ran = unwritten.invoke("deploy-backend")
    assert ran.code == 2
    assert "services.backend.cpu: 1000 is no size of Fargate's" in ran.out
    assert "services.backend.memmory: is no key that Shipway knows; did you mean memory?" in ran.out


def test_a_build_that_fails_shows_its_step_and_changes_nothing(unwritten: Project) -> None:
    dockerfile = unwritten.root / "backend" / "Dockerfile"
    text = dockerfile.read_text()
    dockerfile.write_text(text + "\nRUN false-command-of-the-test\n")
    try:
        ran = unwritten.invoke("deploy-backend")
    finally:
        dockerfile.write_text(text)
    assert ran.code == 1
    assert "false-command-of-the-test" in ran.out
    assert "Traceback" not in ran.out
