"""Credentials: wrong, missing, expired, or nobody there to ask. Each with its remedy."""

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from deploy.aws import Aws
from deploy.config.model import Config, Environment
from deploy.errors import PreflightError


class Sts:
    """Answers like STS: an account, or an error."""

    def __init__(self, answer: str | Exception) -> None:
        self.answer = answer

    def get_caller_identity(self) -> dict[str, str]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"Account": self.answer}


def aws(answer: str | Exception, **environment: Any) -> Aws:
    settings = {"name": "prod", "region": "us-east-1", "account": "123456789012"} | environment
    made = Aws(Config(Path(), "demo", Environment(**settings), {}))
    made.client = lambda _: Sts(answer)  # type: ignore[assignment]
    return made


def test_the_right_account_is_returned() -> None:
    assert aws("123456789012").check_account() == "123456789012"


def test_another_account_is_refused_by_name() -> None:
    with pytest.raises(PreflightError, match=r"210987654321.*prod is account 123456789012"):
        aws("210987654321").check_account()


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ExpiredToken", "Message": "expired"}}, "GetCallerIdentity"),
        NoCredentialsError(),
    ],
)
def test_unaccepted_credentials_say_how_to_renew_them(error: Exception) -> None:
    with pytest.raises(PreflightError) as caught:
        aws(error).check_account()
    assert "aws sso login" in caught.value.remedy
    assert caught.value.exit_code == 3


def test_a_local_cloud_that_is_down_says_how_to_start_it() -> None:
    url = "http://localhost:4566"
    with pytest.raises(PreflightError, match="nothing answers") as caught:
        aws(EndpointConnectionError(endpoint_url=url), endpoint=url).check_account()
    assert "invoke cloud.up" in caught.value.remedy


def test_a_local_cloud_never_sees_the_users_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    environment = Environment("local", "us-east-1", endpoint="http://localhost:1")
    client = Aws(Config(Path(), "demo", environment, {})).client("sts")
    assert client.meta.endpoint_url == "http://localhost:1"
