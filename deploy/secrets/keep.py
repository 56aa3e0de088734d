"""Writes and deletes secrets, and lists those of an environment. Run by people only.

A value goes into the body of one request and nowhere else.
"""

from collections.abc import Callable, Iterator
from typing import Any

from deploy.errors import PreflightError
from deploy.secret_names import Reference
from deploy.secrets.read import allowed, described, parameter
from deploy.secrets.resolve import Seen

Client = Callable[[str], Any]

SECURE = "SecureString"


def put(
    client: Client, reference: Reference, seen: Seen | None, value: str, tags: dict[str, str]
) -> str:
    """Store a value as the current version; `seen` is what is there now, `tags` are a new one's.

    Returns what was done: "created", "new version" or "restored, new version". Raises
    PreflightError for a parameter that is no SecureString, ToolError if AWS refuses.
    """
    if reference.store == "ssm":
        return _put_parameter(client("ssm"), reference.id, seen, value, tags)
    return _put_secret(client("secretsmanager"), reference.id, seen, value, tags)


def _put_secret(
    secrets: Any, name: str, seen: Seen | None, value: str, tags: dict[str, str]
) -> str:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html"""
    if seen is None:
        with allowed("secretsmanager:CreateSecret", name):
            secrets.create_secret(Name=name, SecretString=value, Tags=_tags(tags))
        return "created"
    if seen.deleted:
        with allowed("secretsmanager:RestoreSecret", name):
            secrets.restore_secret(SecretId=name)
    with allowed("secretsmanager:PutSecretValue", name):
        secrets.put_secret_value(SecretId=name, SecretString=value)
    return "restored, new version" if seen.deleted else "new version"


def _put_parameter(ssm: Any, name: str, seen: Seen | None, value: str, tags: dict[str, str]) -> str:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html"""
    if seen and seen.kind not in ("", SECURE):
        raise PreflightError(
            f"the parameter {name} is a {seen.kind}, which anybody may read who may list it",
            remedy="its type can't be changed: give the secret another name",
        )
    # A new parameter takes tags, one that is there must be named as overwritten.
    rest: dict[str, Any] = {"Overwrite": True} if seen else {"Tags": _tags(tags)}
    with allowed("ssm:PutParameter", name):
        ssm.put_parameter(Name=name, Value=value, Type=SECURE, **rest)
    return "new version" if seen else "created"


def _tags(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def remove(client: Client, reference: Reference, *, now: bool) -> str:
    """Delete a secret; return what was done. `now` leaves Secrets Manager no recovery window.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
    """
    if reference.store == "ssm":
        with allowed("ssm:DeleteParameter", reference.id):
            client("ssm").delete_parameter(Name=reference.id)
        return "deleted"
    how = {"ForceDeleteWithoutRecovery": True} if now else {}
    with allowed("secretsmanager:DeleteSecret", reference.id):
        reply = client("secretsmanager").delete_secret(SecretId=reference.id, **how)
    if now:
        return "deleted"
    return f"will be gone on {reply['DeletionDate']:%Y-%m-%d}; until then `secrets.set` restores it"


def stored(client: Client, prefix: str) -> dict[str, Seen]:
    """Return the secrets and parameters whose names begin with `prefix`, such as "demo/prod/".

    Parameters' names have a slash before it; one that is no SecureString is no secret.
    """
    return dict([*_stored_secrets(client, prefix), *_stored_parameters(client, prefix)])


def _stored_secrets(client: Client, prefix: str) -> Iterator[tuple[str, Seen]]:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html"""
    named = [{"Key": "name", "Values": [prefix]}]
    with allowed("secretsmanager:ListSecrets", prefix):
        for page in client("secretsmanager").get_paginator("list_secrets").paginate(Filters=named):
            for entry in page["SecretList"]:
                if entry["Name"].startswith(prefix):
                    stages = entry.get("SecretVersionsToStages")
                    yield entry["Name"], described({**entry, "VersionIdsToStages": stages})


def _stored_parameters(client: Client, prefix: str) -> Iterator[tuple[str, Seen]]:
    wanted = [
        {"Key": "Name", "Option": "BeginsWith", "Values": [f"/{prefix}"]},
        {"Key": "Type", "Option": "Equals", "Values": [SECURE]},
    ]
    with allowed("ssm:DescribeParameters", f"/{prefix}"):
        pages = client("ssm").get_paginator("describe_parameters")
        for page in pages.paginate(ParameterFilters=wanted):
            for entry in page["Parameters"]:
                if entry.get("Type") == SECURE and entry["Name"].startswith(f"/{prefix}"):
                    yield entry["Name"], parameter(entry)
