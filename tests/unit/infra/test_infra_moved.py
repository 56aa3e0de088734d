"""States of the time before there was a module of buckets: what is not said to be moved is deleted
and made anew, with all that is in it.
"""

import re

import pytest

from deploy.infra.terraform import TERRAFORM

MODULES = TERRAFORM / "modules"


@pytest.mark.parametrize("owner", ["records", "site"])
def test_every_resource_of_a_bucket_is_moved(owner: str) -> None:
    resources = re.findall(
        r'^resource "(\w+)" "(\w+)"', (MODULES / "bucket/main.tf").read_text(), re.MULTILINE
    )
    moved = re.findall(
        r"from = (\S+)\n +to   = (\S+)\n", (MODULES / owner / "moved.tf").read_text()
    )
    addresses = [f"{kind}.{name}" for kind, name in resources]
    assert "aws_s3_bucket.main" in addresses
    assert moved == [(address, f"module.bucket.{address}") for address in addresses]
