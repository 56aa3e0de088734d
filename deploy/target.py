"""What Terraform made and a deploy needs: the parameter `/<project>/<environment>/deploy`.

One read of AWS Systems Manager Parameter Store replaces Terraform's state: a deploy needs neither
Terraform nor its state. deploy/terraform/modules/deploy-parameter writes exactly this shape.
"""

import base64
import gzip
import json
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from deploy.errors import PreflightError


class ServiceTarget(NamedTuple):
    """Where one service of deploy.toml lives."""

    name: str  # its name in deploy.toml
    service: str  # the ECS service's name
    family: str  # of its task definitions
    repository: str  # the ECR repository's name
    repository_url: str  # registry host and repository, without a tag
    execution_role_arn: str
    task_role_arn: str
    log_group: str
    target_group_arn: str  # empty for a service without a load balancer
    url: str  # empty for a service without a load balancer
    min_tasks: int


class SiteTarget(NamedTuple):
    """Where one site of deploy.toml lives."""

    name: str  # its name in deploy.toml
    bucket: str
    distribution: str  # the CloudFront distribution's id
    url: str


class Target(NamedTuple):
    """Every identifier of one environment that a deploy needs."""

    project: str
    environment: str
    account: str
    region: str
    cluster: str
    records: str  # the bucket of the lock and of the releases' records
    services: Mapping[str, ServiceTarget]
    sites: Mapping[str, SiteTarget] = {}


def parameter_name(project: str, environment: str) -> str:
    return f"/{project}/{environment}/deploy"


def unpacked(text: str) -> str:
    """Return the JSON of a parameter's value. Beyond 4 KB Terraform packs it: gzip, base64.

    A parameter holds at most 8 KB, which is JSON of some fifteen services:
    https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
    Raises ValueError if it is neither.
    """
    if text.startswith("{"):
        return text
    try:
        return gzip.decompress(base64.b64decode(text)).decode()
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(str(error)) from error


def parse_target(text: str) -> Target:
    """Parse the parameter's value, as Terraform wrote it.

    Raises PreflightError if it is not of that shape.
    """
    try:
        data: dict[str, Any] = json.loads(unpacked(text))
        services = {
            name: ServiceTarget(name=name, **fields) for name, fields in data["services"].items()
        }
        sites = {name: SiteTarget(name=name, **fields) for name, fields in data["sites"].items()}
        keys = ("project", "environment", "account", "region", "cluster", "records")
        return Target(services=services, sites=sites, **{key: data[key] for key in keys})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PreflightError(
            f"the deploy parameter is not of the shape that this version reads ({error})",
            remedy="run `invoke infra.apply` with this version of Shipway",
        ) from error
