"""What a value of `secrets` in deploy.toml may be, and what it names."""

import pytest

from deploy.secret_names import Reference, accepted, parse

SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf"
PLACE = {"region": "eu-west-1", "account": "123456789012"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("url", Reference("url", "secretsmanager", "demo/prod/url", name="url")),
        ("db:pass", Reference("db:pass", "secretsmanager", "demo/prod/db", name="db", key="pass")),
        ("/demo/prod/url", Reference("/demo/prod/url", "ssm", "/demo/prod/url", "/demo/prod/url")),
        (SECRET, Reference(SECRET, "secretsmanager", SECRET, **PLACE)),
        (
            f"{SECRET}:password::",
            Reference(f"{SECRET}:password::", "secretsmanager", SECRET, key="password", **PLACE),
        ),
    ],
)
def test_a_value_names_a_secret_or_a_parameter(text: str, expected: Reference) -> None:
    assert accepted(text)
    assert parse(text, "demo", "prod") == expected


@pytest.mark.parametrize(("path", "name"), [("demo/url", "/demo/url"), ("url", "url")])
def test_a_parameters_arn_tells_its_name(path: str, name: str) -> None:
    text = f"arn:aws:ssm:eu-west-1:123456789012:parameter/{path}"
    assert accepted(text)
    assert parse(text, "demo", "prod").id == name


@pytest.mark.parametrize(
    "text",
    ["", "/", "a b", "postgres://u:p@h/db", "arn:aws:s3:::bucket", "arn:aws:ssm:x", "a:b:c", "//a"],
)
def test_what_names_no_secret_is_refused(text: str) -> None:
    assert not accepted(text)


def test_a_suffix_is_as_ecs_takes_it() -> None:
    assert parse("db:pass", "demo", "prod").suffix == ":pass::"
    assert parse("db", "demo", "prod").suffix == ""
