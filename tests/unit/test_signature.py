"""The signature is botocore's: same request, same signature."""

from datetime import UTC, datetime
from unittest.mock import patch
from urllib.parse import quote, urlencode

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.signature import Credentials, Scope, signed

NOW = 1_795_334_400.0
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
SCOPE = Scope("eu-central-1", "s3")
text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
plain = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
names = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=12).map("x-amz-meta-{}".format)


def by_botocore(
    method: str, url: str, headers: dict[str, str], who: Credentials, scope: Scope
) -> str:
    request = AWSRequest(method, url, headers=headers)
    signer = S3SigV4Auth(
        BotoCredentials(who.access_key, who.secret_key, who.token or None),
        scope.service,
        scope.region,
    )
    with patch("botocore.auth.get_current_datetime", lambda: datetime.fromtimestamp(NOW, UTC)):
        signer.add_auth(request)
    return str(request.headers["Authorization"])


@settings(deadline=None)
@given(
    method=st.sampled_from(["GET", "PUT", "HEAD", "POST", "DELETE"]),
    key=text,
    query=st.dictionaries(text.filter(bool), text, max_size=4),
    headers=st.dictionaries(names, plain, max_size=4),
    token=st.sampled_from(["", "session/token+of=="]),
)
def test_any_request_is_signed_as_botocore_does(
    method: str, key: str, query: dict[str, str], headers: dict[str, str], token: str
) -> None:
    url = f"https://bucket.s3.eu-central-1.amazonaws.com/{quote(key, safe='/~')}"
    if query:
        url += "?" + urlencode(query, quote_via=quote, safe="~")
    who = Credentials("AKIDEXAMPLE", "secret/key", token)
    ours = signed(method, url, headers, EMPTY, credentials=who, scope=SCOPE, now=NOW)
    assert ours["authorization"] == by_botocore(method, url, headers, who, SCOPE)
    assert ours.get("x-amz-security-token", "") == token


@pytest.mark.parametrize(
    ("url", "service"),
    [
        ("https://sts.eu-central-1.amazonaws.com/", "sts"),
        ("http://localhost:4566/bucket/a%20b", "s3"),
        ("https://bucket.s3.eu-central-1.amazonaws.com/?delete=", "s3"),
        ("https://bucket.s3.eu-central-1.amazonaws.com/?delete", "s3"),
    ],
)
def test_ports_empty_parameters_and_other_services(url: str, service: str) -> None:
    who, scope = Credentials("a", "b"), Scope("eu-central-1", service)
    ours = signed("GET", url, {}, EMPTY, credentials=who, scope=scope, now=NOW)
    assert ours["authorization"] == by_botocore("GET", url, {}, who, scope)


def test_a_new_day_is_a_new_key() -> None:
    who = Credentials("a", "b")
    signatures = {
        signed(
            "GET", "https://x/", {}, EMPTY, credentials=who, scope=SCOPE, now=NOW + days * 86400
        )["authorization"]
        for days in range(2)
    }
    assert len(signatures) == 2


def test_a_secret_does_not_show() -> None:
    assert "hidden" not in repr(Credentials("a", "hidden", "hidden"))
