"""`invoke dev` around the containers: how Compose is called, and that they are always removed."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from deploy import dev as module
from deploy import process
from deploy.compose import containers, tool
from deploy.compose.containers import Ended
from deploy.config.model import Config
from deploy.dev import Development, DevOptions, stack_of
from deploy.errors import ConfigError, PreflightError, ToolError
from deploy.events import Event, Finished, Note
from tests.unit.service.world import config_of, service_of

Step = Callable[[], None]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A project in a folder of its own, on a machine with Compose's plugin."""
    monkeypatch.setattr(tool, "find", lambda: ("docker", "compose"))
    monkeypatch.delenv("COMPOSE_PROJECT_NAME", raising=False)
    root = tmp_path / "Demo"
    root.mkdir()
    (root / "compose.yaml").write_text("services: {}\n")
    return config_of()._replace(root=root)


class Compose:
    """Records what Compose is asked for; `steps` are what happens at each call, in order."""

    def __init__(self, *steps: Step) -> None:
        self.steps, self.asked = list(steps), list[tuple[str, ...]]()

    def __call__(self, argv: tuple[str, ...], **_: Any) -> int:
        self.asked.append(argv[argv.index("--project-name") + 2 :])
        if self.steps:
            self.steps.pop(0)()
        return 0


def fine() -> None:
    pass


def interrupted() -> None:
    raise KeyboardInterrupt


def broken() -> None:
    raise ToolError("`docker compose` ended with exit code 1")


def development(
    config: Config, compose: Compose, monkeypatch: pytest.MonkeyPatch, **options: Any
) -> tuple[Development, list[Event]]:
    """Return a run whose build, health and lines are at once done."""
    events: list[Event] = []
    monkeypatch.setattr(process, "run", compose)
    monkeypatch.setattr(containers, "failed", lambda *_: {})
    monkeypatch.setattr(containers, "of_project", lambda *_: [])
    monkeypatch.setattr(module, "check_buildkit", lambda: None)
    monkeypatch.setattr(module, "refuse_taken", lambda *_: None)
    monkeypatch.setattr(Development, "_build", lambda _: None)
    monkeypatch.setattr(module.dev_lines, "answers", lambda _: True)  # type: ignore[attr-defined]
    monkeypatch.setattr(module.dev_lines, "show", lambda *_, **__: interrupted())  # type: ignore[attr-defined]
    asked = DevOptions(**options)
    stack = stack_of(config, asked)
    client = cast("Any", SimpleNamespace())
    clock = iter(range(10_000)).__next__
    run = Development(config, stack, client, asked, events.append, clock, lambda _: None)
    return run, events


def test_compose_gets_the_image_the_ports_and_deploy_toml_s_variables(config: Config) -> None:
    (config.root / ".env.local").write_text("POSTGRES_IMAGE=mine:17\n")
    stack = stack_of(config, DevOptions(port=8001))
    assert stack.project == "demo"
    wanted = {
        "BACKEND_IMAGE": "demo-backend:dev",
        "BACKEND_PORT": "8001",
        "DATABASE_PORT": "5433",
        "POSTGRES_IMAGE": "mine:17",
    }
    assert {key: stack.environment[key] for key in wanted} == wanted


def test_services_on_one_image_share_its_name(config: Config) -> None:
    worker = service_of(name="worker", image="backend")
    both = config._replace(services={**config.services, "worker": worker})
    told = stack_of(both, DevOptions()).environment
    assert told["BACKEND_IMAGE"] == "demo-backend:dev"
    assert "WORKER_IMAGE" not in told


def test_without_a_compose_file_the_documents_are_named(config: Config) -> None:
    (config.root / "compose.yaml").unlink()
    with pytest.raises(ConfigError) as caught:
        stack_of(config, DevOptions())
    assert "docs/development.md" in caught.value.remedy


def test_ctrl_c_is_a_good_end(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    compose = Compose()
    run, events = development(config, compose, monkeypatch)
    assert run.run() == 0
    assert [words[0] for words in compose.asked] == ["up", "down"]
    last = events[-1]
    assert isinstance(last, Finished)
    assert (last.outcome, last.exit_code) == ("stopped", 0)


def test_ctrl_c_before_it_is_ready_is_none_but_removes_all(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    compose = Compose(interrupted)
    run, _ = development(config, compose, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        run.run()
    assert [words[0] for words in compose.asked] == ["up", "down"]


def test_ctrl_c_again_while_it_stops_is_no_reason_to_leave_one(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    compose = Compose(fine, interrupted)
    run, _ = development(config, compose, monkeypatch)
    assert run.run() == 0
    assert "--timeout" not in compose.asked[1]
    assert compose.asked[2][-2:] == ("--timeout", "0")


def test_what_ended_is_told_rather_than_what_compose_says(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    compose = Compose(broken)
    run, _ = development(config, compose, monkeypatch)
    lines = ("no such table",)
    monkeypatch.setattr(containers, "failed", lambda *_: {Ended("migrate", 1): lines})
    with pytest.raises(ToolError) as caught:
        run.run()
    assert caught.value.message == "migrate ended with exit code 1"
    assert caught.value.details == lines
    assert compose.asked[-1][0] == "down"


def test_a_service_that_stays_silent_is_told_and_goes_on(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    compose = Compose()
    run, events = development(config, compose, monkeypatch)
    monkeypatch.setattr(module.dev_lines, "answers", lambda _: False)  # type: ignore[attr-defined]
    assert run.run() == 0
    notes = [event.text for event in events if isinstance(event, Note)]
    url = "http://127.0.0.1:8000/health"
    assert notes == [f"backend does not answer at {url}; its lines tell why"]


def test_data_goes_with_reset_alone(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    for option, volumes in (("down", False), ("reset", True)):
        compose = Compose()
        run, _ = development(config, compose, monkeypatch, **{option: True})
        assert run.remove() == 0
        assert ("--volumes" in compose.asked[0]) is volumes


def container(status: str, folder: Path) -> Any:
    labels = {"com.docker.compose.project.working_dir": str(folder)}
    return SimpleNamespace(name="demo_backend_1", status=status, labels=labels)


def test_what_runs_already_is_not_started_beside(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    compose = Compose()
    run, _ = development(config, compose, monkeypatch)
    monkeypatch.setattr(containers, "of_project", lambda *_: [container("running", config.root)])
    with pytest.raises(PreflightError, match="it runs already: demo_backend_1"):
        run.run()
    assert not compose.asked


@pytest.mark.parametrize("option", ["", "down", "reset"])
def test_containers_of_another_folder_are_left_alone(
    config: Config, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    compose = Compose()
    run, _ = development(config, compose, monkeypatch)
    work = run.remove if option else run.run
    there = [container("exited", Path("/home/other/demo"))]
    monkeypatch.setattr(containers, "of_project", lambda *_: there)
    with pytest.raises(PreflightError) as caught:
        work()
    assert "/home/other/demo" in caught.value.message
    assert "COMPOSE_PROJECT_NAME" in caught.value.remedy
    assert not compose.asked
