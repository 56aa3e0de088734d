"""What a value of `secrets` in deploy.toml names: a secret or a parameter, and a part of it. Pure.

    database-url             the secret <project>/<environment>/database-url of Secrets Manager
    database:password        the key "password" of such a secret's JSON
    /demo/prod/database-url  that parameter of Parameter Store
    arn:...                  that secret or parameter, as it is

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Secret.html
"""

import re
from typing import Literal, NamedTuple

Store = Literal["secretsmanager", "ssm"]
STORES: dict[Store, str] = {"secretsmanager": "Secrets Manager", "ssm": "Parameter Store"}
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
SHORT = re.compile(r"[A-Za-z0-9_+=.@-][A-Za-z0-9/_+=.@-]{0,511}(?::[^:]+)?")
# https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
PARAMETER = re.compile(r"(?:/[A-Za-z0-9_.-]+){1,15}")
SECRET_ARN = re.compile(r"arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:[^:]+(?::[^:]*){0,3}")
PARAMETER_ARN = re.compile(r"arn:[a-z-]+:ssm:[a-z0-9-]+:\d{12}:parameter/[A-Za-z0-9_./-]+")
ACCEPTED = (
    "a short name (database-url), a parameter's path (/demo/prod/database-url), "
    "or the ARN of a secret or of a parameter"
)
SECRET_PARTS = 7  # of a secret's ARN, before `:json-key:version-stage:version-id`


class Reference(NamedTuple):
    """A value of `secrets`, parsed. `id` is what its store is asked for: a name or an ARN.

    `name` is what `invoke secrets.set` takes, "" for an ARN. `key`, `stage` and `version` are of
    Secrets Manager. `region` and `account` are an ARN's, "" for a name.
    """

    text: str
    store: Store
    id: str
    name: str = ""
    key: str = ""
    stage: str = ""
    version: str = ""
    region: str = ""
    account: str = ""

    @property
    def suffix(self) -> str:
        """What follows the secret's ARN in `valueFrom`."""
        parts = (self.key, self.stage, self.version)
        return f":{':'.join(parts)}" if any(parts) else ""


def accepted(text: str) -> bool:
    """Whether `secrets` of deploy.toml may have this value."""
    patterns = (SECRET_ARN, PARAMETER_ARN) if text.startswith("arn:") else (SHORT, PARAMETER)
    return any(pattern.fullmatch(text) for pattern in patterns)


def prefix(project: str, environment: str) -> str:
    """Return how the names of an environment's own secrets begin."""
    return f"{project}/{environment}/"


def parse(text: str, project: str, environment: str) -> Reference:
    """Parse a value that is `accepted`."""
    if text.startswith("arn:"):
        return _parse_arn(text)
    if text.startswith("/"):
        return Reference(text, "ssm", text, name=text)
    name, _, key = text.partition(":")
    own = prefix(project, environment) + name
    return Reference(text, "secretsmanager", own, name=name, key=key)


def _parse_arn(text: str) -> Reference:
    parts = text.split(":")
    region, account = parts[3], parts[4]
    if parts[2] == "ssm":
        # The ARN of "/a/b" ends in "parameter/a/b", as that of "b" in "parameter/b".
        name = parts[5].removeprefix("parameter/")
        name = f"/{name}" if "/" in name else name
        return Reference(text, "ssm", name, region=region, account=account)
    key, stage, version = [*parts[SECRET_PARTS:], "", "", ""][:3]
    arn = ":".join(parts[:SECRET_PARTS])
    return Reference(text, "secretsmanager", arn, "", key, stage, version, region, account)
