"""Set, listed, checked and unset as a person does it; and what a deploy sees of it."""

import json
import re
from io import BytesIO
from typing import Any

import pytest

from deploy.aws import Aws
from deploy.config.model import Config
from deploy.errors import ConfigError, PreflightError
from deploy.events import Event, Note
from deploy.secret_preflight import look
from deploy.secret_tasks import Secrets, value_given
from deploy.secrets.resolve import VERSION_VARIABLE, resolved
from tests.integration.local_cloud import Cloud

CANARY = "canary-5up3r-s3cr3t"
ACCOUNT = "000000000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/execution"


class Person:
    """Somebody at a terminal."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def do(self, action: str, *values: Any, **options: bool) -> str:
        """Run a task; return what it printed."""
        events: list[Event] = []
        assert getattr(Secrets(self.config, events.append), action)(*values, **options) == 0
        return "\n".join(event.text for event in events if isinstance(event, Note))

    def put(self, name: str, value: str = CANARY, store: str = "") -> str:
        stdin = BytesIO(f"{value}\n".encode())
        return self.do("store", name, store, lambda asked: value_given(self.config, asked, stdin))

    def unset(self, name: str, *, force: bool = False, now: bool = False) -> str:
        return self.do("unset", name, force=force, now=now, yes=False)

    def versions(self) -> dict[str, str]:
        """Return each service's hash of versions, as a deploy would write it."""
        services = self.config.services
        found = look(Aws(self.config), list(services.values()), ACCOUNT)
        return {
            name: resolved(self.config, each, found, ROLE).environment[VERSION_VARIABLE]
            for name, each in services.items()
        }


@pytest.fixture
def ada(config: Config) -> Person:
    return Person(config)


@pytest.fixture
def whole(ada: Person) -> Person:
    """Both secrets are there."""
    ada.put("database-url")
    ada.put("key", store="ssm")
    return ada


def test_a_secret_is_created_then_gets_new_versions(cloud: Cloud, ada: Person) -> None:
    name = f"{ada.config.project}/test/database-url"
    assert f"{name} in Secrets Manager: created" in ada.put("database-url", "one")
    assert "new version" in ada.put("database-url", "two")
    stored = cloud.client("secretsmanager").get_secret_value(SecretId=name)
    assert stored["SecretString"] == "two"


def test_a_parameter_is_stored_encrypted(cloud: Cloud, ada: Person) -> None:
    name = f"/{ada.config.project}/test/key"
    assert f"{name} in Parameter Store: created" in ada.put("key", store="ssm")
    assert "new version" in ada.put(name, "two")
    stored = cloud.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]
    assert (stored["Type"], stored["Value"], stored["Version"]) == ("SecureString", "two", 2)


def test_a_parameter_that_anybody_may_read_does_not_take_a_secret(
    cloud: Cloud, ada: Person
) -> None:
    name = f"/{ada.config.project}/test/other"
    cloud.client("ssm").put_parameter(Name=name, Value="plain", Type="String")
    with pytest.raises(PreflightError, match="is a String"):
        ada.put(name)


def test_no_command_shows_a_value(whole: Person) -> None:
    told = [
        whole.put("database-url"),
        whole.do("show"),
        whole.do("show", as_json=True),
        whole.do("check"),
        whole.unset("database-url", force=True),
    ]
    assert CANARY not in "".join(told)


def test_the_list_tells_who_uses_what_and_what_is_missing(ada: Person) -> None:
    ada.put("database-url")
    ada.put("other")
    shown = ada.do("show").splitlines()
    assert shown[0].split() == ["name", "store", "services", "changed", "(UTC)", "state"]
    assert re.fullmatch(
        r"database-url +Secrets Manager +api, worker +\d{4}-\d\d-\d\d \d\d:\d\d +set", shown[1]
    )
    assert re.fullmatch(r"/\S+/key +Parameter Store +api +- +is not there", shown[2])
    assert re.match(r"other +Secrets Manager +- ", shown[3])
    found = json.loads(ada.do("show", as_json=True))
    assert [each["state"] for each in found["secrets"]] == ["set", "is not there", "set"]


def test_the_list_has_the_parameters_that_nobody_uses(cloud: Cloud, ada: Person) -> None:
    project = ada.config.project
    cloud.client("ssm").put_parameter(Name=f"/{project}/test/deploy", Value="{}", Type="String")
    ada.put("other", store="ssm")
    shown = ada.do("show")
    cloud.client("ssm").delete_parameter(Name=f"/{project}/test/deploy")
    assert f"/{project}/test/other" in shown
    assert f"/{project}/test/deploy" not in shown  # no secret


def test_what_is_missing_is_exit_3_with_the_commands(ada: Person) -> None:
    ada.put("database-url")
    with pytest.raises(PreflightError, match="1 secret missing") as caught:
        ada.do("check")
    assert caught.value.exit_code == 3
    key = f"/{ada.config.project}/test/key"
    (line,) = caught.value.details
    assert line.startswith(f"api: {key} (Parameter Store) is not there")
    assert f"`invoke secrets.set {key} --env test`" in line


def test_nothing_is_missing(whole: Person) -> None:
    assert whole.do("check") == "2 secrets looked for in test, nothing is missing"


def test_a_deleted_secret_is_missing_until_it_is_set_again(whole: Person) -> None:
    whole.unset("database-url", force=True)
    with pytest.raises(PreflightError) as caught:
        whole.do("check")
    assert "was deleted: `invoke secrets.set database-url --env test`" in caught.value.details[0]
    assert "restored, new version" in whole.put("database-url")
    whole.do("check")


def test_a_secret_in_use_is_not_deleted(whole: Person) -> None:
    with pytest.raises(ConfigError, match="is used by api, worker"):
        whole.unset("database-url")
    whole.do("check")
    assert "was not there" in whole.unset("nowhere")


def test_a_secret_is_deleted_with_its_recovery_window(cloud: Cloud, ada: Person) -> None:
    ada.put("other")
    assert "until then `secrets.set` restores it" in ada.unset("other")
    described = cloud.client("secretsmanager").describe_secret(
        SecretId=f"{ada.config.project}/test/other"
    )
    assert "DeletedDate" in described
    assert "deleted" in ada.unset("other", now=True)
    assert "was not there" in ada.unset("other", now=True)


def test_on_aws_nothing_is_deleted_at_once(config: Config) -> None:
    on_aws = config._replace(environment=config.environment._replace(endpoint=None))
    with pytest.raises(ConfigError, match="--now is for a local cloud"):
        Person(on_aws).unset("other", now=True)


@pytest.mark.parametrize("name", ["a b", "arn:aws:ssm:x", "db:password", ""])
def test_what_is_no_name_is_refused(ada: Person, name: str) -> None:
    with pytest.raises(ConfigError, match="is no name of a secret"):
        ada.put(name)


@pytest.mark.parametrize("data", [b"", b"\n", b"\xff\xfe", b"x" * 5000])
def test_a_value_that_cannot_be_stored_is_refused(config: Config, data: bytes) -> None:
    asked = Secrets(config, lambda _: None).named("key", "ssm")
    with pytest.raises(ConfigError):
        value_given(config, asked, BytesIO(data))


def test_a_value_keeps_its_lines_but_the_last_break(cloud: Cloud, ada: Person) -> None:
    ada.put("other", "a\n b \n")
    stored = cloud.client("secretsmanager").get_secret_value(
        SecretId=f"{ada.config.project}/test/other"
    )
    assert stored["SecretString"] == "a\n b \n"


def test_a_rotation_is_seen_by_the_services_that_use_the_secret(whole: Person) -> None:
    before = whole.versions()
    assert whole.versions() == before
    whole.put("key", "rotated", store="ssm")
    after = whole.versions()
    assert (after["worker"], after["api"] == before["api"]) == (before["worker"], False)
    whole.put("database-url", "rotated")
    assert whole.versions()["worker"] != before["worker"]


def test_a_deploy_describes_secrets_and_never_reads_them(whole: Person) -> None:
    called: list[str] = []
    aws = Aws(whole.config)
    for service in ("secretsmanager", "ssm"):
        events = aws.client(service).meta.events
        events.register("before-call", lambda model, **_: called.append(model.name))
    found = look(aws, list(whole.config.services.values()), ACCOUNT)
    assert set(called) == {"DescribeSecret", "DescribeParameters"}
    told = resolved(whole.config, whole.config.services["api"], found, ROLE)
    start = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:{whole.config.project}/test/"
    assert re.fullmatch(re.escape(start) + r"database-url-\w{6}", told.secrets["URL"])
    assert CANARY not in repr((found, told))
