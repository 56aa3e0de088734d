"""ARNs and identifiers in the forms that ECS gives them.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html
"""

import secrets
import uuid
from dataclasses import dataclass

from localcloud.settings import Settings


def hexadecimal() -> str:
    """Return the 32 hexadecimal digits that tasks and containers are called by."""
    return uuid.uuid4().hex


def dashed() -> str:
    return str(uuid.uuid4())


def number() -> str:
    """Return 19 digits, as deployments and service revisions have."""
    return str(10**18 + secrets.randbelow(9 * 10**18))


def token() -> str:
    """Return 21 letters, digits, "-" and "_", as service deployments have."""
    return secrets.token_urlsafe(16)[:21]


@dataclass(frozen=True)
class Names:
    """Makes ARNs in one region of one account."""

    settings: Settings

    def arn(self, kind: str, *path: object) -> str:
        """Return for example `arn:aws:ecs:us-east-1:000000000000:cluster/demo`."""
        prefix = f"arn:aws:ecs:{self.settings.region}:{self.settings.account}"
        return f"{prefix}:{'/'.join([kind, *map(str, path)])}"

    @property
    def caller(self) -> str:
        return f"arn:aws:iam::{self.settings.account}:root"


def short(name_or_arn: str) -> str:
    """Return the last part of an ARN, or the name itself."""
    return name_or_arn.rsplit("/", 1)[-1]
