"""Asks both stores what there is. Only descriptions are asked for: no value is ever read."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from deploy.errors import ToolError
from deploy.secret_names import Reference
from deploy.secrets.resolve import CURRENT, Seen

Client = Callable[[str], Any]  # "ssm" -> a boto3 client

AT_ONCE = 8  # DescribeSecret takes one secret; AWS allows 40 a second at least
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterStringFilter.html
NAMES = 50  # in one filter


def read(client: Client, references: Iterable[Reference]) -> dict[Reference, Seen | None]:
    """Return what is known of each secret, None for one that does not exist.

    Raises ToolError, naming the permission, if AWS refuses to tell.
    """
    asked = list(references)
    secrets = list(dict.fromkeys(each.id for each in asked if each.store == "secretsmanager"))
    names = list(dict.fromkeys(each.id for each in asked if each.store == "ssm"))
    found = {"secretsmanager": _secrets(client, secrets), "ssm": _parameters(client, names)}
    return {each: found[each.store].get(each.id) for each in asked}


def _secrets(client: Client, ids: Sequence[str]) -> dict[str, Seen | None]:
    if not ids:
        return {}
    client("secretsmanager")  # one client for all threads
    with ThreadPoolExecutor(AT_ONCE, "secrets") as pool:
        return dict(zip(ids, pool.map(lambda each: _secret(client, each), ids), strict=True))


def _secret(client: Client, id_: str) -> Seen | None:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html"""
    secrets = client("secretsmanager")
    try:
        with allowed("secretsmanager:DescribeSecret", id_):
            reply = secrets.describe_secret(SecretId=id_)
    except secrets.exceptions.ResourceNotFoundException:
        return None
    return described(reply)


def described(reply: dict[str, Any]) -> Seen:
    """Return what DescribeSecret replied."""
    versions = reply.get("VersionIdsToStages") or {}
    return Seen(
        arn=str(reply["ARN"]),
        stages={stage: version for version, stages in versions.items() for stage in stages},
        changed=_seconds(reply.get("LastChangedDate") or reply.get("CreatedDate")),
        deleted="DeletedDate" in reply,
    )


def _parameters(client: Client, names: Sequence[str]) -> dict[str, Seen | None]:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeParameters.html

    GetParameters would show the value of a parameter of type String.
    """
    found: dict[str, Seen | None] = {}
    for start in range(0, len(names), NAMES):
        some = list(names[start : start + NAMES])
        wanted = {"Key": "Name", "Option": "Equals", "Values": some}
        with allowed("ssm:DescribeParameters", ", ".join(some)):
            pages = client("ssm").get_paginator("describe_parameters")
            for page in pages.paginate(ParameterFilters=[wanted]):
                found |= {each["Name"]: parameter(each) for each in page["Parameters"]}
    return found


def parameter(entry: dict[str, Any]) -> Seen:
    """Return what DescribeParameters says of one."""
    return Seen(
        stages={CURRENT: str(entry.get("Version", 1))},
        changed=_seconds(entry.get("LastModifiedDate")),
        kind=str(entry.get("Type", "")),
    )


def _seconds(when: datetime | None) -> float:
    return when.timestamp() if when else 0


@contextmanager
def allowed(action: str, what: str) -> Iterator[None]:
    """Turn a refusal for want of a permission into an error that names it."""
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in ("AccessDeniedException", "AccessDenied"):
            raise
        raise ToolError(
            f"AWS refused {action} on {what}",
            remedy=f"allow {action} for the role that runs this; values need not be readable",
        ) from error
