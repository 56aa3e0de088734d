"""Credentials: wrong, missing, expired, or nobody there to ask. Each with its remedy."""

from pathlib import Path
from typing import Any

import pytest

from deploy.aws import Aws
from deploy.config.model import Config, Environment
from deploy.errors import PreflightError, ToolError
from deploy.signed_http import Response, UnreachableError

LOCAL = "http://localhost:4566"


class Http:
    """Answers like AWS: a reply, or no credentials to ask with, or nobody."""

    def __init__(self, answer: Response | Exception) -> None:
        self.answer, self.credentials = answer, self
        self.asked: list[str] = []

    def current(self) -> None:
        if isinstance(self.answer, PreflightError):
            raise self.answer

    def url(self, service: str) -> str:
        return f"https://{service}/"

    def request(self, service: str, method: str, url: str, **options: Any) -> Response:
        self.asked.append(service)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def aws(answer: Response | Exception, **environment: Any) -> Aws:
    settings = {"name": "prod", "region": "us-east-1", "account": "123456789012"} | environment
    made = Aws(Config(Path(), "demo", Environment(**settings), {}))
    made.http = Http(answer)  # type: ignore[assignment]
    return made


def of_account(number: str) -> Response:
    body = f"<GetCallerIdentityResponse><Account>{number}</Account></GetCallerIdentityResponse>"
    return Response(200, {}, body.encode())


def refused(code: str) -> Response:
    return Response(403, {}, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode())


def test_the_right_account_is_returned() -> None:
    assert aws(of_account("123456789012")).check_account() == "123456789012"


def test_another_account_is_refused_by_name() -> None:
    with pytest.raises(PreflightError, match=r"210987654321.*prod is account 123456789012"):
        aws(of_account("210987654321")).check_account()


@pytest.mark.parametrize(
    "answer",
    [
        refused("ExpiredToken"),
        refused("InvalidClientTokenId"),
        PreflightError("Unable to locate credentials"),
        Response(502, {}, b"<html>"),
    ],
)
def test_unaccepted_credentials_say_how_to_renew_them(answer: Response | Exception) -> None:
    with pytest.raises(PreflightError, match="environment prod are not accepted: ") as caught:
        aws(answer).check_account()
    assert "aws sso login" in caught.value.remedy
    assert caught.value.exit_code == 3


def test_a_local_cloud_that_is_down_says_how_to_start_it() -> None:
    with pytest.raises(PreflightError, match="nothing answers") as caught:
        aws(UnreachableError("refused"), endpoint=LOCAL).check_account()
    assert "invoke cloud.up" in caught.value.remedy


def test_aws_out_of_reach_says_what_to_check() -> None:
    with pytest.raises(PreflightError, match="cannot be reached in region us-east-1"):
        aws(UnreachableError("refused")).check_account()


def test_a_parameter_is_read() -> None:
    found = Response(200, {}, b'{"Parameter": {"Value": "text"}}')
    assert aws(found).parameter("/demo/prod/deploy") == "text"


def test_a_parameter_that_is_not_there_is_none() -> None:
    missing = Response(400, {}, b'{"__type": "com.amazonaws.ssm#ParameterNotFound"}')
    assert aws(missing).parameter("/demo/prod/deploy") is None


def test_a_parameter_that_may_not_be_read_names_the_permission() -> None:
    denied = Response(400, {}, b'{"__type": "AccessDeniedException", "message": "no policy"}')
    with pytest.raises(ToolError, match="AccessDeniedException: no policy") as caught:
        aws(denied).parameter("/demo/prod/deploy")
    assert "ssm:GetParameter" in caught.value.remedy


def test_a_local_cloud_never_sees_the_users_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "the-users")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-users")
    environment = Environment("local", "us-east-1", endpoint="http://localhost:1")
    made = Aws(Config(Path(), "demo", environment, {}))
    assert made.client("sts").meta.endpoint_url == "http://localhost:1"
    assert made.http.credentials.current().access_key == "test"
