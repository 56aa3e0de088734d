"""What ECS is told for a secret, what is missing, and what makes a rotation a change."""

from dataclasses import replace
from pathlib import Path

import pytest

from deploy.config.model import Build, Config, Database, Environment, Service
from deploy.secrets.resolve import (
    VERSION_VARIABLE,
    Found,
    Seen,
    is_here,
    missing_lines,
    references,
    resolved,
    why_missing,
)

ROLE = "arn:aws-cn:iam::123456789012:role/execution"
ARN = "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:demo/prod/db-AbCdEf"
FOREIGN = "arn:aws:secretsmanager:eu-west-1:999999999999:secret:theirs-AbCdEf:key::"
API = Service("api", Build(Path(), Path()), 8000, secrets={"URL": "db:url", "KEY": "/demo/key"})
SEEN = Seen(ARN, {"AWSCURRENT": "v2", "AWSPREVIOUS": "v1"})


def config(*services: Service) -> Config:
    place = Environment("prod", "cn-north-1", account="123456789012")
    return Config(Path(), "demo", place, {each.name: each for each in services})


def found(secret: Seen | None = SEEN, parameter: Seen | None = None) -> Found:
    both = {"secretsmanager": secret, "ssm": parameter or Seen(stages={"AWSCURRENT": "7"})}
    return {each: both[each.store] for each in references(config(API), [API])}


def version(service: Service, known: Found) -> str:
    return resolved(config(API), service, known, ROLE).environment[VERSION_VARIABLE]


def test_ecs_is_told_full_arns() -> None:
    assert resolved(config(API), API, found(), ROLE).secrets == {
        "URL": f"{ARN}:url::",
        "KEY": "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/demo/key",
    }


def test_a_service_without_secrets_stays_as_it_is() -> None:
    plain = API._replace(secrets={})
    assert resolved(config(plain), plain, {}, "arn:role") is plain


def test_another_version_is_another_definition_and_the_same_is_none() -> None:
    assert version(API, found()) == version(API, found())
    rotated = replace(SEEN, stages={"AWSCURRENT": "v3", "AWSPREVIOUS": "v2"})
    assert version(API, found(rotated)) != version(API, found())
    assert version(API, found(parameter=Seen(stages={"AWSCURRENT": "8"}))) != version(API, found())


def test_what_is_not_the_current_version_changes_nothing() -> None:
    pending = replace(SEEN, stages={**SEEN.stages, "AWSPENDING": "v3"}, changed=5.0)
    assert version(API, found(pending)) == version(API, found())


def test_a_variable_of_deploy_toml_wins() -> None:
    own = API._replace(environment={VERSION_VARIABLE: "mine"})
    assert version(own, found()) == "mine"


def test_an_arn_stays_as_it_is_and_elsewhere_is_not_looked_at() -> None:
    other = API._replace(secrets={"THEIRS": FOREIGN})
    (reference,) = references(config(other), [other])
    assert not is_here(reference, "cn-north-1", "123456789012")
    assert resolved(config(other), other, {}, ROLE).secrets == {"THEIRS": FOREIGN}
    assert why_missing(reference, {}) == ""


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (None, "is not there"),
        (replace(SEEN, deleted=True), "was deleted"),
        (Seen(ARN), "has no value"),
        (SEEN, ""),
    ],
)
def test_a_secret_that_no_task_can_read_is_missing(seen: Seen | None, why: str) -> None:
    secret, _ = references(config(API), [API])
    assert why_missing(secret, found(seen)) == why


def test_a_missing_secret_is_told_once_with_who_needs_it_and_the_command() -> None:
    users = references(config(API), [API, API._replace(name="worker")])
    (line,) = missing_lines(config(API), users, found(None))
    assert line.startswith("api, worker: demo/prod/db (Secrets Manager) is not there: ")
    assert line.endswith("`invoke secrets.set db --env prod`")


def test_the_database_s_own_secret_comes_with_the_database() -> None:
    having = config(API)._replace(database=Database(secret="db"))
    (line,) = missing_lines(having, references(having, [API]), found(None))
    assert line.endswith("`invoke infra.apply --env prod` makes it, with the database")
