"""The rest of AWS as tasks use it, through the local cloud's own public endpoint."""

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from localcloud.ecs import secrets
from localcloud.ecs.logs import Batch, stream_name
from localcloud.ecs.runtime import StartError
from localcloud.settings import Settings
from localcloud.wire import ApiError

if TYPE_CHECKING:
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_ssm import SSMClient

_FAILURES = (ClientError, BotoCoreError)


class Aws:
    """Blocking calls; use them in a thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._session = boto3.Session(
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - what every local cloud takes
            region_name=settings.region,
        )
        # Clients may be shared by threads, but a session must not make two at once.
        self._making = threading.Lock()

    def _client(self, service: Any) -> Any:
        config = Config(retries={"total_max_attempts": 2, "mode": "standard"})
        with self._making:
            return self._session.client(
                service, endpoint_url=self._settings.endpoint, config=config
            )

    @cached_property
    def _logs(self) -> "CloudWatchLogsClient":
        return cast("CloudWatchLogsClient", self._client("logs"))

    @cached_property
    def _secrets(self) -> "SecretsManagerClient":
        return cast("SecretsManagerClient", self._client("secretsmanager"))

    @cached_property
    def _parameters(self) -> "SSMClient":
        return cast("SSMClient", self._client("ssm"))

    @cached_property
    def _balancers(self) -> "ElasticLoadBalancingv2Client":
        return cast("ElasticLoadBalancingv2Client", self._client("elbv2"))

    def secret(self, value_from: str) -> str:
        """Return what a container's secret `valueFrom` names.

        Raises StartError with the text that ECS gives for it.
        """
        reference = secrets.parse(value_from)
        where = "asm" if reference.store == "secretsmanager" else "ssm"
        try:
            return secrets.extract(reference, self._fetch(reference))
        except (*_FAILURES, ValueError) as error:
            raise StartError(
                "ResourceInitializationError: unable to pull secrets or registry auth: execution "
                f"resource retrieval failed: unable to retrieve secret from {where}: {error}"
            ) from error

    def _fetch(self, reference: secrets.Reference) -> str:
        given = secrets.arguments(reference)
        if reference.store == "ssm":
            return str(self._parameters.get_parameter(**given)["Parameter"]["Value"])
        return str(self._secrets.get_secret_value(**given)["SecretString"])

    def open_stream(self, options: Mapping[str, str], container: str, task_id: str) -> str:
        """Create the log stream of a container and return its name. Raises StartError."""
        group, stream = options["awslogs-group"], stream_name(options, container, task_id)
        try:
            if options.get("awslogs-create-group") == "true":
                with contextlib.suppress(self._logs.exceptions.ResourceAlreadyExistsException):
                    self._logs.create_log_group(logGroupName=group)
            with contextlib.suppress(self._logs.exceptions.ResourceAlreadyExistsException):
                self._logs.create_log_stream(logGroupName=group, logStreamName=stream)
        except _FAILURES as error:
            raise StartError(
                "ResourceInitializationError: failed to validate logger args: create stream has "
                f"been retried 1 times: failed to create Cloudwatch log stream: {error}"
            ) from error
        return stream

    def put_logs(self, group: str, stream: str, batch: Batch) -> None:
        """Send log events. Lost ones are lost, as with the driver's non-blocking mode."""
        with contextlib.suppress(*_FAILURES):
            self._logs.put_log_events(
                logGroupName=group,
                logStreamName=stream,
                logEvents=batch,  # type: ignore[arg-type]
            )

    def check_target_group(self, arn: str) -> None:
        """Raise ApiError unless the target group exists and hangs on a load balancer."""
        try:
            found = self._balancers.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
        except ClientError as error:
            raise ApiError(
                "InvalidParameterException", f"Unable to validate targetGroupArn {arn}: {error}"
            ) from error
        if not found or not self._forwarded_to(arn):
            raise ApiError(
                "InvalidParameterException",
                f"The target group with targetGroupArn {arn} does not have an associated load "
                "balancer.",
            )

    def _forwarded_to(self, arn: str) -> bool:
        """Whether a listener or a rule forwards to the target group.

        Its LoadBalancerArns would say so, but MiniStack fills them from default actions alone.
        """
        return any(
            arn in json.dumps(actions)
            for balancer in self._balancers.describe_load_balancers()["LoadBalancers"]
            for actions in self._actions_of(balancer["LoadBalancerArn"])
        )

    def _actions_of(self, balancer: str) -> Iterator[Any]:
        for listener in self._balancers.describe_listeners(LoadBalancerArn=balancer)["Listeners"]:
            yield listener["DefaultActions"]
            rules = self._balancers.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
            yield from (rule["Actions"] for rule in rules)
