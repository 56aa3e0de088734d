"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html"""

from typing import Any

import pytest

from localcloud.cdn.access import Access, allowed, like

ARN = "arn:aws:cloudfront::123456789012:distribution/E1"
READ = Access("s3:GetObject", "arn:aws:s3:::b/a/x.html", True, {
    "aws:sourcearn": ARN, "aws:sourceaccount": "123456789012", "aws:securetransport": "true",
})  # fmt: skip
ANYBODY = Access("s3:GetObject", "arn:aws:s3:::b/a/x.html", False, {"aws:securetransport": "true"})


def statement(**changes: Any) -> dict[str, Any]:
    made = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::b/*",
        "Condition": {"StringEquals": {"AWS:SourceArn": ARN}},
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def test_the_documented_policy() -> None:
    assert allowed(policy(statement()), READ)
    assert allowed({"Statement": statement()}, READ)


@pytest.mark.parametrize(
    "changes",
    [
        {"Principal": {"Service": "s3.amazonaws.com"}},
        {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}},
        {"Action": "s3:PutObject"},
        {"Action": ["s3:ListBucket", "s3:Put*"]},
        {"Resource": "arn:aws:s3:::b"},
        {"Resource": "arn:aws:s3:::other/*"},
        {"Resource": "arn:aws:s3:::b/A/*"},
        {"Condition": {"StringEquals": {"AWS:SourceArn": f"{ARN}2"}}},
        {"Condition": {"StringEquals": {"aws:PrincipalTag/x": "1"}}},
        {"Condition": {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}},
        {"Effect": "Deny"},
    ],
)
def test_what_does_not_allow(changes: dict[str, Any]) -> None:
    assert not allowed(policy(statement(**changes)), READ)


@pytest.mark.parametrize(
    "changes",
    [
        {"Action": ["S3:getobject"]},
        {"Action": "s3:*"},
        {"Resource": ["arn:aws:s3:::c/*", "arn:aws:s3:::b/?/*.html"]},
        {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:cloudfront::*:distribution/E?"}}},
        {"Condition": {"StringLike": {"aws:SourceArn": [f"{ARN}9", f"{ARN}*"]}}},
        {"Condition": {"StringEquals": {"AWS:SourceAccount": "123456789012"}}},
        {"Condition": {"StringNotEquals": {"aws:sourceArn": "other"}}},
        {"Condition": {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}},
        {"Condition": {"Null": {"aws:SourceArn": "false"}}},
        {"Principal": "*", "Condition": None},
    ],
)
def test_what_allows(changes: dict[str, Any]) -> None:
    assert allowed(policy(statement(**changes)), READ)


def test_nothing_allows_nothing() -> None:
    assert not allowed({}, READ)
    assert not allowed(policy(), READ)


def test_a_deny_wins_in_any_order() -> None:
    deny = statement(Effect="Deny", Resource="arn:aws:s3:::b/a/*")
    assert not allowed(policy(statement(), deny), READ)
    assert not allowed(policy(deny, statement()), READ)
    elsewhere = statement(Effect="Deny", Resource="arn:aws:s3:::b/.shipway/*")
    assert allowed(policy(elsewhere, statement()), READ)


def test_plain_http_may_be_denied() -> None:
    """CloudFront reads by HTTPS."""
    insecure = {"Bool": {"aws:SecureTransport": False}}
    deny = statement(Effect="Deny", Principal="*", Action="s3:*", Condition=insecure)
    assert allowed(policy(statement(), deny), READ)


def test_a_deny_that_is_not_understood_denies() -> None:
    condition = {"DateGreaterThan": {"aws:SourceArn": "2020"}}
    assert not allowed(policy(statement(), statement(Effect="Deny", Condition=condition)), READ)


def test_a_deny_of_all_but_something() -> None:
    deny = statement(Effect="Deny", Resource=None, NotResource="arn:aws:s3:::b/public/*")
    assert not allowed(policy(statement(), deny), READ)
    but = statement(Effect="Deny", Action=None, NotAction="s3:GetObject")
    assert allowed(policy(statement(), but), READ)


def test_nobody_is_let_in_as_cloudfront() -> None:
    assert not allowed(policy(statement(Condition=None)), ANYBODY)
    assert allowed(policy(statement(Principal="*", Condition=None)), ANYBODY)
    assert allowed(policy(statement(Principal={"AWS": "*"}, Condition=None)), ANYBODY)


def test_patterns_are_no_regular_expressions() -> None:
    assert like("a.b*", "a.bc")
    assert not like("a.b", "axb")
    assert not like("a[b]", "ab")
