"""What a role that deploys may do: the policy template of module ci-oidc, filled in. Pure.

Terraform fills in the same template for the roles that it makes. `${name}` means the same to it and
to string.Template; names of lists stand for JSON.
"""

import json
from collections.abc import Iterable
from string import Template
from typing import Any

from deploy.target import Target

READING = "See"  # what the Sid of a statement that only reads begins with
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "eusc-": "aws-eusc"}


def policy(template: str, target: Target, *, read_only: bool = False) -> dict[str, Any]:
    """Return an IAM policy document for everything that deploys to `target` call.

    With `read_only` it allows a plan and nothing that writes.
    """
    document: dict[str, Any] = json.loads(Template(template).substitute(values(target)))
    wanted = READING if read_only else ""
    kept = [  # IAM refuses a statement about nothing
        statement
        for statement in document["Statement"]
        if statement["Resource"] and statement["Sid"].startswith(wanted)
    ]
    return {**document, "Statement": kept}


def values(target: Target) -> dict[str, str]:
    """Return what the template's names stand for."""
    return {
        "partition": partition(target.region),
        "region": target.region,
        "account": target.account,
        "project": target.project,
        "environment": target.environment,
        "cluster": target.cluster,
        **{name: json.dumps(sorted(set(arns))) for name, arns in lists(target).items()},
    }


def partition(region: str) -> str:
    """Return the partition of AWS that a region is in, such as `aws`."""
    found = (name for prefix, name in PARTITIONS.items() if region.startswith(prefix))
    return next(found, "aws")


def lists(target: Target) -> dict[str, Iterable[str]]:
    """Return the ARNs that the template names, by its name for them."""
    services, sites = target.services.values(), target.sites.values()
    site_buckets = [f"{_arn(target, 's3')}{site.bucket}" for site in sites]
    buckets = [*site_buckets, f"{_arn(target, 's3')}{target.records}"]
    return {
        "repositories": (f"{_here(target, 'ecr')}:repository/{s.repository}" for s in services),
        "logs": (f"{_here(target, 'logs')}:log-group:{s.log_group}:*" for s in services),
        "roles": (role for s in services for role in (s.execution_role_arn, s.task_role_arn)),
        "buckets": buckets,
        "objects": (f"{bucket}/*" for bucket in buckets),
        "site_objects": (f"{bucket}/*" for bucket in site_buckets),
        "distributions": (
            f"{_arn(target, 'cloudfront')}{target.account}:distribution/{site.distribution}"
            for site in sites
        ),
    }


def _here(target: Target, service: str) -> str:
    return f"arn:{partition(target.region)}:{service}:{target.region}:{target.account}"


def _arn(target: Target, service: str) -> str:
    """S3 and CloudFront are global. A bucket's ARN has no account either."""
    end = "::" if service == "cloudfront" else ":::"
    return f"arn:{partition(target.region)}:{service}{end}"
