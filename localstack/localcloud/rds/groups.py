"""Subnet groups and parameter groups, which are MiniStack's, by the local cloud's own endpoint."""

import threading
from typing import Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from localcloud.rds.model import Instance, Json
from localcloud.rds.runtime import ServerError
from localcloud.settings import Settings
from localcloud.wire import ApiError

_NOT_FOUND = 404


class Groups:
    """Blocking calls; use them in a thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._making = threading.Lock()

    def _client(self, region: str) -> Any:
        session = boto3.Session(
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - what every local cloud takes
            region_name=region,
        )
        config = Config(retries={"total_max_attempts": 2, "mode": "standard"})
        with self._making:
            return session.client("rds", endpoint_url=self._settings.endpoint, config=config)

    def subnet_group(self, region: str, name: str) -> Json:
        """Return the subnet group as DescribeDBInstances shows it. Raises ApiError without one."""
        try:
            found = self._client(region).describe_db_subnet_groups(DBSubnetGroupName=name)
        except ClientError as error:
            raise ApiError(
                "DBSubnetGroupNotFoundFault", f"DB subnet group '{name}' does not exist.", 404
            ) from error
        return cast("Json", found["DBSubnetGroups"][0])

    def check_parameter_group(self, region: str, name: str) -> None:
        """Raise ApiError unless the parameter group exists. RDS's default ones always do."""
        if name.startswith("default."):
            return
        try:
            self._client(region).describe_db_parameter_groups(DBParameterGroupName=name)
        except ClientError as error:
            raise ApiError(
                "DBParameterGroupNotFound", f"DBParameterGroup not found: {name}", _NOT_FOUND
            ) from error

    def parameters(self, instance: Instance) -> dict[str, str]:
        """Return what the parameter group of `instance` sets. Raises ServerError."""
        name = instance.parameter_group
        if name.startswith("default."):
            return {}
        try:
            pages = self._client(instance.region).get_paginator("describe_db_parameters")
            listed = [
                parameter
                for page in pages.paginate(DBParameterGroupName=name, Source="user")
                for parameter in page["Parameters"]
            ]
        except (ClientError, BotoCoreError) as error:
            raise ServerError(f"the parameter group {name} can't be read: {error}") from error
        return {p["ParameterName"]: p["ParameterValue"] for p in listed if "ParameterValue" in p}
