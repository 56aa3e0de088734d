"""Where a service's secrets are. Pure.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Secret.html
"""

from dataclasses import dataclass
from typing import Literal

SECRET_PARTS = 7  # of a secret's ARN; ECS takes a key, a stage and a version behind it
PARAMETER_PARTS = 6


@dataclass(frozen=True)
class Reference:
    """A secret's ARN, or a parameter's name."""

    store: Literal["secretsmanager", "ssm"]
    name: str


def parse(value_from: str) -> Reference:
    """Parse what `secrets` of deploy.toml has: an ARN, or the name of a parameter."""
    parts = value_from.split(":")
    if parts[0] != "arn" or len(parts) < PARAMETER_PARTS:
        return Reference("ssm", value_from)
    if parts[2] == "secretsmanager":
        return Reference("secretsmanager", ":".join(parts[:SECRET_PARTS]))
    # The ARN of "/a/b" ends in "parameter/a/b", as that of "b" in "parameter/b".
    name = parts[5].removeprefix("parameter/")
    return Reference("ssm", f"/{name}" if "/" in name else name)
