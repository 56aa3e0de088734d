"""Where credentials come from: the environment without botocore, the rest through it."""

from pathlib import Path

import pytest

from deploy.credentials import CredentialChain, of_environment
from deploy.errors import PreflightError

KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No credentials anywhere but in two files of this folder; no instance to ask."""
    for name in (*KEYS, "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_CREDENTIAL_EXPIRATION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    return tmp_path


def test_the_environment_counts_first() -> None:
    found = CredentialChain({**KEYS, "AWS_SESSION_TOKEN": "token"}).current()
    assert (found.access_key, found.secret_key, found.token) == ("key", "secret", "token")


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"AWS_ACCESS_KEY_ID": "half"},
        {**KEYS, "AWS_CREDENTIAL_EXPIRATION": "2026-11-22T08:00:00Z"},
    ],
)
def test_what_is_not_plain_is_left_to_botocore(environ: dict[str, str]) -> None:
    assert of_environment(environ) is None


def test_a_profile_is_found(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "[work]\naws_access_key_id = a\naws_secret_access_key = b\naws_session_token = c\n"
    (home / "credentials").write_text(text)
    monkeypatch.setenv("AWS_PROFILE", "work")
    found = CredentialChain({}).current()
    assert (found.access_key, found.secret_key, found.token) == ("a", "b", "c")


def test_no_credentials_say_where_to_get_some(home: Path) -> None:
    with pytest.raises(PreflightError, match="credentials") as caught:
        CredentialChain({}).current()
    assert "aws sso login" in caught.value.remedy


def test_a_profile_that_is_not_there_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nowhere")
    with pytest.raises(PreflightError, match="nowhere"):
        CredentialChain({}).current()


def test_a_profile_that_was_renewed_meanwhile_is_read_again(home: Path) -> None:
    def write(key: str) -> None:
        text = f"[default]\naws_access_key_id = {key}\naws_secret_access_key = b\n"
        (home / "credentials").write_text(text)

    write("old")
    chain = CredentialChain({})
    old = chain.current()
    assert not chain.renew(old)
    write("new")
    assert chain.renew(old)
    assert chain.current().access_key == "new"


def test_the_environments_cannot_be_renewed() -> None:
    chain = CredentialChain(KEYS)
    assert not chain.renew(chain.current())
