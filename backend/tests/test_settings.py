"""Settings that work are read; those that can't are refused, all at once."""

import pytest
from pydantic import ValidationError

from app.settings import Settings, SettingsError


def refusal(**environment: str) -> str:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment(environment)
    return str(refused.value)


def test_an_empty_environment_is_enough() -> None:
    settings = Settings.from_environment({})
    assert (settings.port, settings.cors_origins) == (8000, ())
    assert settings.graceful_timeout < 30, "ECS sends SIGKILL after stopTimeout, 30 s"
    assert settings.keep_alive_timeout > 60, "a load balancer keeps idle connections for 60 s"


def test_variables_are_read_by_name_and_others_ignored() -> None:
    settings = Settings.from_environment(
        {"PORT": "9000", "CORS_ORIGINS": "https://a.test, http://localhost:8080,", "HOME": "/"}
    )
    assert settings.port == 9000
    assert settings.cors_origins == ("https://a.test", "http://localhost:8080")


def test_an_empty_variable_counts_as_unset() -> None:
    settings = Settings.from_environment({"PORT": "", "CORS_ORIGINS": " ", "APP_COMMIT": ""})
    assert settings == Settings()


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1  # type: ignore[misc]


def test_any_origin_with_credentials_is_refused_with_the_remedy() -> None:
    message = refusal(CORS_ORIGINS="*", CORS_CREDENTIALS="true")
    assert "CORS_ORIGINS=* can't be combined with CORS_CREDENTIALS=true" in message
    assert "name the origins" in message


def test_any_origin_hidden_in_a_list_is_refused_with_credentials_too() -> None:
    assert "CORS_ORIGINS=*" in refusal(CORS_ORIGINS="https://a.test,*", CORS_CREDENTIALS="1")


@pytest.mark.parametrize(
    "origin",
    ["https://a.test/", "https://a.test/app", "a.test", "ftp://a.test", "https://", "null"],
)
def test_what_is_no_origin_is_refused(origin: str) -> None:
    assert f"CORS_ORIGINS: '{origin}' is not an origin" in refusal(CORS_ORIGINS=origin)


def test_every_problem_is_named_in_one_refusal() -> None:
    message = refusal(PORT="99999", LOG_LEVEL="loud", GRACEFUL_TIMEOUT="soon")
    assert [line.split(":")[0] for line in message.splitlines()] == [
        "PORT",
        "LOG_LEVEL",
        "GRACEFUL_TIMEOUT",
    ]
    assert "soon" not in message, "a variable may hold a secret"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:a%2Fb%23@db.test:5432/app?sslmode=verify-full",
        "postgres://ann@db.test/app",
    ],
)
def test_a_database_is_named_by_its_url(url: str) -> None:
    settings = Settings.from_environment({"DATABASE_URL": url})
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == url
    assert "a%2Fb" not in repr(settings)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:hunter2#x@db.test/app",
        "postgresql://ann:hunter2/x@db.test/app",
        "postgresql://ann:hunter2@db.test",
        "postgresql+asyncpg://ann:hunter2@db.test/app",
        "mysql://ann:hunter2@db.test/app",
        "hunter2",
    ],
)
def test_what_is_no_url_of_a_database_is_refused_without_showing_it(url: str) -> None:
    message = refusal(DATABASE_URL=url)
    assert message.startswith("DATABASE_URL: write postgresql://")
    assert "hunter2" not in message


def test_a_pool_that_keeps_more_than_it_may_have_is_refused() -> None:
    message = refusal(DATABASE_POOL_MIN="11", DATABASE_POOL_MAX="10")
    assert "DATABASE_POOL_MIN must not be more than DATABASE_POOL_MAX" in message
