"""A deploy parameter for the tests of what a deployer may do."""

import json
from typing import Any

from deploy.target import Target, parse_target

ACCOUNT = "123456789012"


def parameter(
    *services: str, sites: tuple[str, ...] = ("frontend",), region: str = "us-east-1"
) -> dict[str, Any]:
    """Return the deploy parameter of shipway-demo in prod, as Terraform writes it."""
    return {
        "project": "shipway-demo",
        "environment": "prod",
        "account": ACCOUNT,
        "region": region,
        "cluster": "shipway-demo-prod",
        "records": f"shipway-demo-prod-records-{ACCOUNT}",
        "services": {name: _service(name) for name in services or ("backend",)},
        "sites": {
            name: {
                "bucket": f"shipway-demo-prod-{name}-{ACCOUNT}",
                "distribution": f"E{name.upper()}",
                "url": f"https://{name}.example.com",
            }
            for name in sites
        },
    }


def _service(name: str) -> dict[str, Any]:
    full = f"shipway-demo-prod-{name}"
    return {
        "service": name,
        "family": full,
        "repository": full,
        "repository_url": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/{full}",
        "execution_role_arn": f"arn:aws:iam::{ACCOUNT}:role/{full}-execution",
        "task_role_arn": f"arn:aws:iam::{ACCOUNT}:role/{full}-task",
        "log_group": f"/ecs/{full}",
        "target_group_arn": "",
        "url": "",
        "min_tasks": 1,
    }


def target(*services: str, **options: Any) -> Target:
    return parse_target(json.dumps(parameter(*services, **options)))
