"""The only maker of AWS clients: lazy, one session, retries, endpoint, account guard.

What every command asks first needs no client (`Aws.http`): a client costs half a second.
"""

import json
import os
import time
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from deploy.config.model import Config
from deploy.errors import PreflightError, ShipwayError, ToolError

if TYPE_CHECKING:
    import boto3
    from botocore.config import Config as BotoConfig

    from deploy.signed_http import Response, SignedHttp

# Adaptive retries back off on throttling for all calls of a client together.
# https://docs.aws.amazon.com/boto3/latest/guide/retries.html
RETRIES = {"mode": "adaptive", "total_max_attempts": 8}
# The first question of a run: who nobody answers should hear of it at once.
FIRST_ATTEMPTS = 2
CONNECT_SECONDS, READ_SECONDS = 3, 30
# Operations that change nothing; any other is taken for a write.
READS = ("Describe", "List", "Get", "Head", "BatchGet", "BatchCheck", "Filter", "Simulate")


class Identity(NamedTuple):
    """Whose credentials they are, as STS says."""

    account: str
    arn: str


class Aws:
    """The clients of one environment. Each is made when it is first asked for."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.client = cache(self._client)
        self._check: Callable[[], None] | None = None
        self._account = ""
        self._parameters: dict[str, str] = {}

    @property
    def environment(self) -> str:
        return self.config.environment.name

    def _client(self, service: str) -> Any:
        """Return a boto3 client, such as `client("ecs")`."""
        client = self._session.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.config.environment.endpoint,
            config=self._options(),
        )
        # Last: the handler of adaptive retries waits in the same place.
        client.meta.events.register_last("before-send", self._before_send)
        return client

    def fence(self, check: Callable[[], None]) -> None:
        """Call `check` (such as `Hold.check`) before every write from now on, each retry included.

        What it raises ends the operation: nothing is sent. It holds for the clients that are there,
        those to come, and what asks `http` from now on; an `http` taken before stays as it was.
        """
        self._check = check
        self.http = self.http.fenced(check)

    def _before_send(self, event_name: str, **_: Any) -> None:
        """https://docs.aws.amazon.com/boto3/latest/guide/events.html"""
        operation = event_name.rpartition(".")[2]
        if self._check and not operation.startswith(READS):
            self._check()

    def _options(self) -> "BotoConfig":
        from botocore.config import Config as BotoConfig

        return BotoConfig(
            retries=RETRIES,  # type: ignore[arg-type]
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            s3={"addressing_style": "path"} if self.config.environment.endpoint else None,
        )

    @cached_property
    def http(self) -> "SignedHttp":
        """Signed requests without a client; neither boto3 nor botocore is imported for it if the
        environment holds credentials.
        """
        from deploy.connections import Connections
        from deploy.credentials import CredentialChain
        from deploy.signed_http import SignedHttp
        from deploy.site.workers import pause

        here = self.config.environment
        return SignedHttp(
            here.region,
            here.endpoint,
            credentials=CredentialChain(os.environ, local=bool(here.endpoint)),
            connections=Connections(os.environ),
            clock=time.time,
            sleep=pause,
        )

    @property
    def _session(self) -> "boto3.Session":
        return _session(self.config.environment.region, bool(self.config.environment.endpoint))

    def check_account(self) -> str:
        """Return the account that the credentials belong to.

        Raises PreflightError, with the remedy, if they are missing, expired, or of another account
        than the environment's. This is called before the first write; AWS is asked once.
        """
        self._account = self._account or self.identity().account
        self.expect(self._account)
        return self._account

    def expect(self, account: str) -> None:
        """Raise PreflightError if `account` is another than the environment's."""
        expected = self.config.environment.account
        if expected and account != expected:
            raise PreflightError(
                f"the credentials are of account {account}, but environment {self.environment} "
                f"is account {expected}",
                remedy=f"choose the profile of account {expected} (AWS_PROFILE=...)",
            )

    def identity(self) -> Identity:
        """Return whose the credentials are. Raises PreflightError if they are not accepted.

        https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
        """
        from deploy.refusal import field_of

        body = "Action=GetCallerIdentity&Version=2011-06-15"
        try:
            self.http.credentials.current()
        except PreflightError as error:
            raise self._unaccepted(error.message) from error
        reply = self._ask("sts", body, "application/x-www-form-urlencoded; charset=utf-8")
        if reply.status != HTTPStatus.OK:
            raise self._unaccepted(_told(reply))
        return Identity(field_of(reply.body, "Account"), field_of(reply.body, "Arn"))

    def parameter(self, name: str) -> str | None:
        """Return the value of a parameter of AWS Systems Manager, or None if there is none.

        A value is asked for once: it is what this run goes by. Raises ToolError if it may not be
        read.
        https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
        """
        if name not in self._parameters:
            value = self._read_parameter(name)
            if value is None:
                return None
            self._parameters[name] = value
        return self._parameters[name]

    def _read_parameter(self, name: str) -> str | None:
        from deploy.refusal import code_of

        target = {"x-amz-target": "AmazonSSM.GetParameter"}
        body = json.dumps({"Name": name})
        reply = self._ask("ssm", body, "application/x-amz-json-1.1", target)
        if code_of(reply.status, reply.body) == "ParameterNotFound":
            return None
        if reply.status != HTTPStatus.OK:
            raise ToolError(
                f"AWS refused to read parameter {name}: {_told(reply)}",
                remedy="allow ssm:GetParameter on it for the role that deploys",
            )
        return str(json.loads(reply.body)["Parameter"]["Value"])

    def _ask(
        self, service: str, body: str, content_type: str, headers: Mapping[str, str] | None = None
    ) -> "Response":
        from deploy.signed_http import UnreachableError

        try:
            return self.http.request(
                service,
                "POST",
                self.http.url(service),
                headers={**(headers or {}), "content-type": content_type},
                body=body.encode(),
                attempts=FIRST_ATTEMPTS,
            )
        except UnreachableError as error:
            raise self._unreachable() from error

    def _unaccepted(self, why: str) -> PreflightError:
        from deploy.credentials import RENEW

        return PreflightError(
            f"the AWS credentials for environment {self.environment} are not accepted: {why}",
            remedy=RENEW,
        )

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


def _told(reply: "Response") -> str:
    """Return what AWS says in a reply that is no success."""
    from deploy.refusal import code_of, message_of

    code = code_of(reply.status, reply.body) or f"status {reply.status}"
    return f"{code}: {message_of(reply.body)}".removesuffix(": ")


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
