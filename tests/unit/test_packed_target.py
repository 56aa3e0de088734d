"""The deploy parameter of many services: packed by Terraform, read all the same."""

import base64
import gzip
import json

import pytest

from deploy.errors import PreflightError
from deploy.target import parse_target, unpacked

PLACE = {
    "service": "api",
    "family": "demo-local-api",
    "repository": "demo-local-api",
    "repository_url": "registry/demo-local-api",
    "execution_role_arn": "arn:execution",
    "task_role_arn": "arn:task",
    "log_group": "/demo/local/api",
    "target_group_arn": "arn:group",
    "url": "http://localhost:8000",
    "min_tasks": 1,
}
TEXT = json.dumps(
    {
        "project": "demo",
        "environment": "local",
        "account": "000000000000",
        "region": "us-east-1",
        "cluster": "demo-local",
        "records": "demo-local-records",
        "services": {f"s{number}": PLACE for number in range(40)},
        "sites": {},
    }
)
PACKED = base64.b64encode(gzip.compress(TEXT.encode())).decode()


def test_a_packed_parameter_is_read_as_a_plain_one() -> None:
    assert unpacked(PACKED) == unpacked(TEXT) == TEXT
    assert parse_target(PACKED) == parse_target(TEXT)
    assert len(parse_target(PACKED).services) == 40


@pytest.mark.parametrize("text", ["", "no base64!", PACKED[:-40], "AAAA"])
def test_what_is_neither_is_refused_with_the_remedy(text: str) -> None:
    with pytest.raises(PreflightError) as caught:
        parse_target(text)
    assert "infra.apply" in caught.value.remedy
