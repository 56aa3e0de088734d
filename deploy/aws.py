"""The only maker of AWS clients: lazy, one session, retries, endpoint, account guard."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from deploy.config.model import Config
from deploy.errors import PreflightError, ShipwayError, ToolError

if TYPE_CHECKING:
    import boto3
    from botocore.config import Config as BotoConfig

# Adaptive retries back off on throttling for all calls of a client together.
# https://docs.aws.amazon.com/boto3/latest/guide/retries.html
RETRIES = {"mode": "adaptive", "total_max_attempts": 8}
# The first question of a run: who nobody answers should hear of it at once.
FIRST_RETRIES = {"mode": "standard", "total_max_attempts": 2}
CONNECT_SECONDS, READ_SECONDS = 3, 30


class Aws:
    """The clients of one environment. Each is made when it is first asked for."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.client = cache(self._client)

    @property
    def environment(self) -> str:
        return self.config.environment.name

    def _client(self, service: str) -> Any:
        """Return a boto3 client, such as `client("ecs")`."""
        return self._session.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.config.environment.endpoint,
            config=self._options(FIRST_RETRIES if service == "sts" else RETRIES),
        )

    def _options(self, retries: dict[str, Any]) -> "BotoConfig":
        from botocore.config import Config as BotoConfig

        return BotoConfig(
            retries=retries,  # type: ignore[arg-type]
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            s3={"addressing_style": "path"} if self.config.environment.endpoint else None,
        )

    @property
    def _session(self) -> "boto3.Session":
        return _session(self.config.environment.region, bool(self.config.environment.endpoint))

    def check_account(self) -> str:
        """Return the account that the credentials belong to.

        Raises PreflightError, with the remedy, if they are missing, expired, or of another account
        than the environment's. This is called before the first write.
        """
        account = self._identity()
        expected = self.config.environment.account
        if expected and account != expected:
            raise PreflightError(
                f"the credentials are of account {account}, but environment {self.environment} "
                f"is account {expected}",
                remedy=f"choose the profile of account {expected} (AWS_PROFILE=...)",
            )
        return account

    def _identity(self) -> str:
        from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

        try:
            return str(self.client("sts").get_caller_identity()["Account"])
        except EndpointConnectionError as error:
            raise self._unreachable() from error
        except (ClientError, BotoCoreError) as error:
            raise PreflightError(
                f"the AWS credentials for environment {self.environment} are not accepted: {error}",
                remedy="renew them (`aws sso login`, or set AWS_PROFILE) and run it again",
            ) from error

    def _unreachable(self) -> PreflightError:
        endpoint = self.config.environment.endpoint
        if endpoint:
            return PreflightError(
                f"nothing answers at {endpoint}",
                remedy="start it: `invoke cloud.up` (or everything: `invoke quickstart`)",
            )
        return PreflightError(
            f"AWS cannot be reached in region {self.config.environment.region}",
            remedy="check the network, and the region of this environment in deploy.toml",
        )


def explain(error: Exception) -> ShipwayError | None:
    """Return what to tell about an error of AWS's that no room expected; None if it is not one."""
    from botocore.exceptions import BotoCoreError, ClientError

    if isinstance(error, ClientError):
        return ToolError(
            f"AWS refused: {error}",
            remedy="the message names the permission or the resource that is missing",
        )
    if isinstance(error, BotoCoreError):
        return ToolError(f"AWS cannot be reached: {error}", remedy="check the network; try again")
    return None


@cache
def _session(region: str, local: bool) -> "boto3.Session":  # noqa: FBT001
    """Return a session. With an endpoint of one's own it ignores the user's AWS profiles: any
    credentials do there, and the user's stay at home.
    """
    import boto3
    from botocore.session import Session

    if not local:
        return boto3.Session(region_name=region)
    nowhere = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    core = Session(session_vars=nowhere)
    core.set_credentials("test", "test")
    return boto3.Session(botocore_session=core, region_name=region)
