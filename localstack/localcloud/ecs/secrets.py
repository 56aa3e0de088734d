"""Where a container's `secrets` come from.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html
"""

import json
from dataclasses import dataclass
from typing import Any, Literal

# arn:aws:secretsmanager:region:account:secret:name, before `:json-key:version-stage:version-id`
_PARTS = 7


@dataclass(frozen=True)
class Reference:
    """A parsed `valueFrom`."""

    store: Literal["secretsmanager", "ssm"]
    name: str
    key: str = ""
    stage: str = ""
    version: str = ""


def parse(value_from: str) -> Reference:
    """Parse a secret's full ARN with its optional suffix, a parameter's ARN, or its name.

    >>> parse("arn:aws:secretsmanager:us-east-1:000000000000:secret:db-AbCdEf:password::").key
    'password'
    """
    if not value_from.startswith("arn:"):
        return Reference("ssm", value_from)
    parts = value_from.split(":")
    if parts[2] == "ssm":
        return Reference("ssm", value_from)
    key, stage, version = [*parts[_PARTS:], "", "", ""][:3]
    return Reference("secretsmanager", ":".join(parts[:_PARTS]), key, stage, version)


def arguments(reference: Reference) -> dict[str, Any]:
    """Return the arguments of GetSecretValue, or of GetParameter."""
    if reference.store == "ssm":
        return {"Name": reference.name, "WithDecryption": True}
    optional = {"VersionStage": reference.stage, "VersionId": reference.version}
    return {"SecretId": reference.name, **{k: v for k, v in optional.items() if v}}


def extract(reference: Reference, text: str) -> str:
    """Return the wanted part of a secret's text.

    Raises ValueError if a JSON key is asked for and not there.
    """
    if not reference.key:
        return text
    found = json.loads(text)
    if not isinstance(found, dict) or reference.key not in found:
        raise ValueError(f"retrieved secret did not contain json key {reference.key}")
    value = found[reference.key]
    return value if isinstance(value, str) else json.dumps(value)
