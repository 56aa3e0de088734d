"""Plain values that look like secrets are refused, and what is none is let through."""

from pathlib import Path

import pytest

from deploy.config.checks import plain_secrets, secret_references
from deploy.config.load import load
from deploy.config.plain import why_secret
from deploy.errors import ConfigError

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS", "AKIA" + "IOSFODNN7EXAMPLE"),
        ("CERT", "-----BEGIN RSA PRIVATE KEY-----\nMIIE"),
        ("DATABASE_URL", "postgresql://app:s3cret@db:5432/app"),
        ("REDIS", "redis://:pw@cache"),
        ("BEARER", JWT),
        ("GITHUB", "ghp_" + "a1B2" * 9),
        ("DB_PASSWORD", "hunter2"),
        ("API_TOKEN", "Zk3vQ9pLx7"),
        ("session_secret", "correct-horse-battery-staple"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"),
    ],
)
def test_a_secret_is_seen(name: str, value: str) -> None:
    assert why_secret(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CORS_ORIGINS", "http://localhost:8080,https://example.com"),
        ("DATABASE_URL", "postgresql://db:5432/app"),
        ("DATABASE_URL", "postgresql://app@db:5432/app"),
        ("TOKEN_URL", "https://auth.example.com/oauth2/token"),
        ("MAX_TOKENS", "4096"),
        ("API_TOKEN", ""),
        ("DB_PASSWORD", "disabled"),
        ("DB_PASSWORD_FILE", "/run/secrets/db-password-1"),
        ("DB_SECRET", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf"),
        ("SIGNING_KEY", "/run/secrets/signing-key"),
        ("SOURCE_TAG", "src-64dafefd5064416fb7fe"),
        ("MONKEY", "a1b2c3d4e5f6"),
    ],
)
def test_what_is_none_is_let_through(name: str, value: str) -> None:
    assert why_secret(name, value) == ""


def test_the_refusal_tells_the_remedy_and_not_the_value() -> None:
    ((path, told),) = plain_secrets("services.api", {"environment": {"DB_PASSWORD": "hunter2"}})
    assert path == "services.api.environment.DB_PASSWORD"
    assert "invoke secrets.set" in told
    assert 'not_secret = ["DB_PASSWORD"]' in told
    assert "hunter2" not in told


def test_a_person_may_say_that_it_is_none() -> None:
    table = {"environment": {"DB_PASSWORD": "hunter2"}, "not_secret": ["DB_PASSWORD"]}
    assert not list(plain_secrets("services.api", table))


@pytest.mark.parametrize("table", [{"environment": 1}, {"environment": {"A_TOKEN": 5}}, {}])
def test_tables_of_another_shape_are_left_to_the_schema(table: dict[str, object]) -> None:
    assert not list(plain_secrets("services.api", table))
    assert not list(secret_references("services.api", {**table, "secrets": ["x"]}))


def test_a_name_that_is_no_secrets_and_a_variable_given_twice_are_told() -> None:
    table = {"environment": {"A": "1"}, "secrets": {"A": "name", "B": "postgres://u:pw@h/d"}}
    found = dict(secret_references("services.api", table))
    assert "ECS takes a name once" in found["services.api.secrets.A"]
    assert "names no secret" in found["services.api.secrets.B"]
    assert "pw" not in found["services.api.secrets.B"]


def test_a_secret_that_a_variable_brings_in_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").touch()
    (tmp_path / "deploy.toml").write_text(
        '[project]\nname = "demo"\n[services.api]\ncontext = "."\nport = 80\n'
        'environment = { API_TOKEN = "${API_TOKEN}" }\n'
        '[environments.local]\nendpoint = "http://localhost:4566"\n'
    )
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, environ={"API_TOKEN": "Zk3vQ9pLx7"})
    assert "Zk3vQ9pLx7" not in "".join((caught.value.message, *caught.value.details))
