"""What S3 answers about objects, and what is made of it."""

from urllib.parse import quote_plus
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy import object_replies as replies
from deploy.errors import PreflightError, ShipwayError, ToolError
from deploy.object_errors import explain
from deploy.signed_http import Response

SPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


def listing(*keys: str, more: str = "", namespace: str = SPACE, encoding: str = "url") -> bytes:
    named = f"<EncodingType>{encoding}</EncodingType>" if encoding else ""
    token = f"<NextContinuationToken>{more}</NextContinuationToken>" if more else ""
    shown = (quote_plus(key) if encoding else escape(key) for key in keys)
    contents = "".join(
        f"<Contents><Key>{key}</Key><LastModified>2026-11-22T08:00:00.000Z</LastModified>"
        "<ETag>&quot;e&quot;</ETag><Size>7</Size></Contents>"
        for key in shown
    )
    text = f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>{token}"
    return f"<ListBucketResult {namespace}>{named}{text}{contents}</ListBucketResult>".encode()


def test_a_page_is_read() -> None:
    found = replies.page(listing("a b", more="next+page/="))
    assert found.objects == (replies.Listed("a b", 7, '"e"', 1_795_334_400.0),)
    assert found.token == "next+page/="


def test_the_last_page_has_no_token() -> None:
    assert replies.page(listing("a")).token == ""
    assert replies.page(listing()).objects == ()


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_key_comes_through_its_encoding(key: str) -> None:
    assert replies.page(listing(key)).objects[0].key == key


def test_a_cloud_without_namespace_or_encoding_is_understood() -> None:
    assert replies.page(listing("a+b & c", namespace="", encoding="")).objects[0].key == "a+b & c"


def test_what_was_not_deleted_is_named() -> None:
    body = (
        f"<DeleteResult {SPACE}><Error><Key>a</Key><VersionId>v</VersionId>"
        "<Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>"
    )
    assert list(replies.undeleted(body.encode())) == [("a", "v", "AccessDenied", "no")]


def explained(status: int, code: str = "", extra: str = "", **headers: str) -> ShipwayError:
    named = f"<Code>{code}</Code><Message>m</Message>" if code else ""
    reply = Response(status, headers, f"<Error>{named}{extra}</Error>".encode())
    return explain(reply, "shop", "s3:PutObject", "a.js")


def test_a_missing_permission_is_named() -> None:
    error = explained(403, "AccessDenied")
    assert isinstance(error, ToolError)
    assert "s3:PutObject on shop/a.js" in error.message
    assert "allow s3:PutObject" in error.remedy


def test_what_cannot_be_read_may_be_what_cannot_be_listed() -> None:
    reply = Response(403, {}, b"")
    assert "s3:ListBucket" in explain(reply, "shop", "s3:GetObject", "a.js").remedy


@pytest.mark.parametrize(
    "error",
    [
        explained(301, "PermanentRedirect", **{"x-amz-bucket-region": "eu-west-1"}),
        explained(301, **{"x-amz-bucket-region": "eu-west-1"}),
        explained(400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"),
    ],
)
def test_a_bucket_elsewhere_says_where(error: ShipwayError) -> None:
    assert isinstance(error, PreflightError)
    assert "eu-west-1" in error.message
    assert "region in deploy.toml" in error.remedy


def test_a_missing_bucket_says_how_to_make_it() -> None:
    error = explained(404, "NoSuchBucket")
    assert isinstance(error, PreflightError)
    assert "invoke infra.apply" in error.remedy


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidAccessKeyId", "SignatureDoesNotMatch"])
def test_credentials_that_are_not_accepted_say_how_to_renew_them(code: str) -> None:
    error = explained(403, code)
    assert isinstance(error, PreflightError)
    assert "aws sso login" in error.remedy


def test_a_body_that_is_not_its_hash_has_changed() -> None:
    assert "changed while" in explained(400, "BadDigest").message


def test_anything_else_names_the_code_and_the_request() -> None:
    error = explained(503, "SlowDown", **{"x-amz-request-id": "R1"})
    assert "SlowDown" in error.message
    assert error.details == ("request id R1",)
    assert "again" in error.remedy
