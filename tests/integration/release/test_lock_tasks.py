"""`invoke lock.status`, `lock.take` and `lock.release`: what a person sees of the lock."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from invoke import Program

import tasks
from deploy import locking
from deploy.cli import options
from deploy.config.model import Config, Environment
from deploy.errors import ConfigError, LockedError
from deploy.events import Event, Note
from deploy.locking import Locking, reason_given, wait_seconds
from deploy.release.lock import Holder
from tests.integration.local_cloud import Cloud
from tests.integration.release.contender import contend, http_at

DEPLOY = {"project": "demo", "environment": "test", "account": "0" * 12, "region": "us-east-1"}


class Person:
    """Somebody at a terminal."""

    def __init__(self, config: Config, name: str) -> None:
        self.config, self.name = config, name

    def do(self, action: str, *values: str, **options: bool) -> str:
        """Run a task; return what it printed."""
        events: list[Event] = []
        desk = Locking(self.config, events.append)
        desk.who = Holder(uuid4().hex, self.name, "laptop")
        assert getattr(desk, action)(*values, **options) == 0
        return "\n".join(event.text for event in events if isinstance(event, Note))


@pytest.fixture
def config(cloud: Cloud, records: str) -> Iterator[Config]:
    project = f"lock-{uuid4().hex[:8]}"
    ssm, name = cloud.client("ssm"), f"/{project}/test/deploy"
    value = DEPLOY | {"cluster": "demo", "records": records, "services": {}, "sites": {}}
    ssm.put_parameter(Name=name, Value=json.dumps(value), Type="String")
    environment = Environment("test", "us-east-1", endpoint=cloud.endpoint)
    yield Config(Path(), project, environment, {})
    ssm.delete_parameter(Name=name)


@pytest.fixture
def ada(config: Config) -> Person:
    return Person(config, "ada")


@pytest.fixture
def ben(config: Config) -> Person:
    return Person(config, "ben")


def test_a_new_environment_is_free(ada: Person) -> None:
    assert ada.do("status") == "environment test is free"
    assert ada.do("release") == "environment test was free already"


def test_a_freeze_stops_every_deploy_until_it_is_released(
    cloud: Cloud, records: str, ada: Person, ben: Person
) -> None:
    shown = ada.do("take", "moving the database")
    assert re.search(r"ada@laptop, freeze since \d s: moving the database\n", shown)
    assert "`invoke lock.release --env test`" in shown
    assert "moving the database" in ben.do("status")
    with (
        pytest.raises(LockedError, match="moving the database"),
        contend(http_at(cloud.endpoint), records, "ada"),
    ):
        pass
    assert "is free; it was locked: ada@laptop" in ada.do("release")
    with contend(http_at(cloud.endpoint), records, "ada") as hold:
        assert hold.token == 2


def test_anothers_freeze_is_released_by_force_only(ada: Person, ben: Person) -> None:
    ada.do("take", "holidays")
    with pytest.raises(LockedError, match="ada@laptop") as caught:
        ben.do("release")
    assert "`invoke lock.release --env test --force`" in caught.value.remedy
    with pytest.raises(LockedError):
        ben.do("take", "mine")
    ben.do("release", force=True)
    assert ben.do("status") == "environment test is free"


def test_a_deploy_is_shown_and_keeps_its_lock(cloud: Cloud, records: str, ada: Person) -> None:
    with contend(http_at(cloud.endpoint), records, "ben") as hold:
        told = ada.do("status")
        assert "is locked: ben@here, deploy since" in told
        assert "(token 1)" in told
        with pytest.raises(LockedError, match="ben@here"):
            ada.do("release")
        with pytest.raises(LockedError, match="ben@here"):
            ada.do("take", "now")
        hold.check()
    assert ada.do("status") == "environment test is free"


def test_the_status_is_json_for_a_program(ada: Person) -> None:
    assert json.loads(ada.do("status", as_json=True))["held"] is False
    ada.do("take", "holidays")
    found = json.loads(ada.do("status", as_json=True))
    assert (found["held"], found["frozen"], found["token"]) == (True, True, 1)
    assert (found["holder"]["by"], found["reason"]) == ("ada", "holidays")


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_freeze_without_a_reason_is_refused(reason: str) -> None:
    with pytest.raises(ConfigError, match="needs a reason"):
        reason_given(reason)


def test_a_reason_is_one_line() -> None:
    assert reason_given(" moving\n the\tdatabase ") == "moving the database"


def test_the_wait_is_given_in_seconds() -> None:
    assert wait_seconds("0") == 0
    assert wait_seconds("90") == 90
    with pytest.raises(ConfigError, match="--wait-for-lock soon is no time"):
        wait_seconds("soon")


def test_in_ci_the_lock_names_who_started_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTOR", "cyd")
    assert locking.this_run().by == "cyd"


def test_the_tasks_end_with_their_exit_codes(
    config: Config,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    endpoint, region = config.environment.endpoint, config.environment.region
    lines = (
        f'[project]\nname = "{config.project}"',
        f'[environments.test]\nregion = "{region}"\nendpoint = "{endpoint}"',
    )
    (tmp_path / "deploy.toml").write_text("\n".join(lines))
    monkeypatch.setattr(options, "ROOT", tmp_path)
    people = iter(["ada", "ben", "ben"])
    monkeypatch.setattr(locking, "this_run", lambda: Holder(uuid4().hex, next(people), "laptop"))

    def typed(text: str) -> int:
        try:
            Program(namespace=tasks.namespace).run(["invoke", *text.split()])
        except SystemExit as ended:
            return int(ended.code or 0)
        return 0

    assert typed("lock.take --env test") == 2
    assert typed("lock.take --env test --reason x --wait-for-lock soon") == 2
    assert typed("lock.take --env test --reason holidays") == 0
    assert typed("lock.release --env test") == 7
    assert "locked by another: ada@laptop, freeze since" in capfd.readouterr().out
    assert typed("lock.release --env test --force") == 0
