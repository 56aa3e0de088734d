"""Whether the secrets that services need are there: asked before anything is built."""

from collections.abc import Sequence

from deploy.aws import Aws
from deploy.config.model import Service
from deploy.errors import PreflightError
from deploy.secrets.resolve import Found, is_here, missing_lines, references
from deploy.wording import counted


def look(aws: Aws, services: Sequence[Service], account: str) -> Found:
    """Return what is known of each secret that `services` name in the environment of `aws`.

    A secret of another region or account than the environment's `account` is not looked at. Raises
    PreflightError, with the command that sets each, if any is missing; ToolError if AWS refuses.
    """
    users = references(aws.config, services)
    region = aws.config.environment.region
    here = [each for each in users if is_here(each, region, account)]
    if not here:
        return {}
    from deploy.secrets.read import read

    found = read(aws.client, here)
    if missing := missing_lines(aws.config, users, found):
        raise PreflightError(
            f"{counted(len(missing), 'secret')} missing in environment {aws.environment}",
            details=missing,
            remedy="set what is missing, each by its command: the value is read from stdin, or "
            "asked for at a hidden prompt",
        )
    return found
