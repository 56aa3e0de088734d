"""What the site of an environment on AWS would be: Terraform's plan of prod, read as JSON.

Planned against the local cloud, with a state of its own: nothing is created.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from deploy import process
from deploy.errors import ToolError
from deploy.infra import mirror, terraform
from tests.integration.local_cloud import Cloud

pytestmark = pytest.mark.ecs

CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/11111111-2222-3333-4444-555555555555"
VARIABLES = {
    "project": "planned",
    "environment": "prod",
    "region": "us-east-1",
    "account": "000000000000",
    "services": {"web": {"port": 8000, "health": "/health", "start_period": 10}},
    "default_service": "web",
    "sites": {
        "app": {"single_page": True, "keep_releases": 3, "keep_days": 7},
        "docs": {"single_page": False, "keep_releases": 20, "keep_days": 365},
    },
    "domain": "api.example.com",
    "certificate_arn": CERTIFICATE,
    "site_domains": {"app": {"name": "www.example.com", "certificate_arn": CERTIFICATE}},
    "only_cloudfront": True,
}


class Prod:
    """A copy of Terraform's files whose prod keeps its state in a file."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        self.folder = folder
        shutil.copytree(terraform.TERRAFORM, folder / "terraform")
        self.root = folder / "terraform" / "environments" / "prod"
        (self.root / "state_override.tf").write_text('terraform {\n  backend "local" {}\n}\n')
        self.env = {
            "TF_DATA_DIR": str(folder / "data"),
            "CHECKPOINT_DISABLE": "1",
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_PROFILE": "",
        }
        found = mirror.find(mirror.roots({}, Path.home()), mirror.this_platform())
        if found:
            (folder / "tfrc").write_text(mirror.configuration(found))
            self.env["TF_CLI_CONFIG_FILE"] = str(folder / "tfrc")
        self.run("init", "-input=false")

    def run(self, *arguments: str) -> list[str]:
        lines: list[str] = []
        process.run(("terraform", *arguments), cwd=self.root, env=self.env, on_line=lines.append)
        return lines

    def plan(self, **changed: Any) -> "Planned":
        file = self.folder / "variables.tfvars.json"
        file.write_text(json.dumps(VARIABLES | changed))
        self.run("plan", "-input=false", "-no-color", f"-var-file={file}", "-out=saved")
        shown = "".join(line for line in self.run("show", "-json", "saved") if line[:1] == "{")
        return Planned(json.loads(shown))


class Planned:
    """What Terraform would create, by address below module.environment."""

    def __init__(self, shown: Mapping[str, Any]) -> None:
        self._after = {
            change["address"].removeprefix("module.environment.module."): change["change"]["after"]
            for change in shown["resource_changes"]
        }

    def of(self, address: str) -> dict[str, Any]:
        found: dict[str, Any] = self._after[address]
        return found

    def site(self, kind: str, name: str = "main", site: str = "app") -> dict[str, Any]:
        return self.of(f'site["{site}"].{kind}.{name}')


@pytest.fixture(scope="module")
def prod(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Prod:
    return Prod(tmp_path_factory.mktemp("prod"), cloud.endpoint)


@pytest.fixture(scope="module")
def planned(prod: Prod) -> Planned:
    return prod.plan()


def test_nobody_but_cloudfront_reads_the_bucket(planned: Planned) -> None:
    block = planned.site("aws_s3_bucket_public_access_block")
    flags = (
        "block_public_acls",
        "block_public_policy",
        "ignore_public_acls",
        "restrict_public_buckets",
    )
    assert [block[flag] for flag in flags] == [True] * 4
    (rule,) = planned.site("aws_s3_bucket_ownership_controls")["rule"]
    assert rule["object_ownership"] == "BucketOwnerEnforced"
    access = planned.site("aws_cloudfront_origin_access_control")
    assert (access["signing_behavior"], access["signing_protocol"]) == ("always", "sigv4")


def test_releases_stay_as_long_as_the_file_says(planned: Planned) -> None:
    (versioning,) = planned.site("aws_s3_bucket_versioning")["versioning_configuration"]
    assert versioning["status"] == "Enabled"
    assert not planned.site("aws_s3_bucket")["force_destroy"]
    for site, days, versions in (("app", 90, 13), ("docs", 366, 30)):
        (rule,) = planned.site("aws_s3_bucket_lifecycle_configuration", site=site)["rule"]
        (gone,) = rule["noncurrent_version_expiration"]
        assert (gone["noncurrent_days"], gone["newer_noncurrent_versions"]) == (days, versions)
        assert not any(part["days"] for part in rule["expiration"])  # only markers of what is gone


def test_the_backends_errors_stay_its_own(planned: Planned) -> None:
    distribution = planned.site("aws_cloudfront_distribution")
    for rule in distribution["custom_error_response"]:
        assert not rule["response_page_path"]
        assert rule["error_caching_min_ttl"] == 0
    (backend,) = distribution["ordered_cache_behavior"]
    assert backend["path_pattern"] == "/api/*"
    assert backend["function_association"] == []
    assert {"POST", "DELETE"} < set(backend["allowed_methods"])


def test_everything_is_https(planned: Planned) -> None:
    distribution = planned.site("aws_cloudfront_distribution")
    behaviours = [*distribution["default_cache_behavior"], *distribution["ordered_cache_behavior"]]
    assert {found["viewer_protocol_policy"] for found in behaviours} == {"redirect-to-https"}
    (certificate,) = distribution["viewer_certificate"]
    assert certificate["minimum_protocol_version"] == "TLSv1.2_2021"
    assert distribution["aliases"] == ["www.example.com"]
    (headers,) = planned.site("aws_cloudfront_response_headers_policy")["security_headers_config"]
    (hsts,) = headers["strict_transport_security"]
    assert hsts["access_control_max_age_sec"] == 31536000


def test_a_site_without_a_domain_has_cloudfronts_certificate(planned: Planned) -> None:
    distribution = planned.site("aws_cloudfront_distribution", site="docs")
    (certificate,) = distribution["viewer_certificate"]
    assert certificate["cloudfront_default_certificate"]
    assert distribution["aliases"] in (None, [])


def test_cloudfront_reaches_the_load_balancer_by_a_name_of_its_certificate(
    planned: Planned,
) -> None:
    origins = {
        origin["origin_id"]: origin
        for origin in planned.site("aws_cloudfront_distribution")["origin"]
    }
    (settings,) = origins["backend"]["custom_origin_config"]
    assert origins["backend"]["domain_name"] == "api.example.com"
    assert settings["origin_protocol_policy"] == "https-only"
    assert settings["origin_ssl_protocols"] == ["TLSv1.2"]


def test_nobody_but_cloudfront_reaches_the_load_balancer_if_so_asked(planned: Planned) -> None:
    (rule,) = planned.of("cluster.aws_security_group.lb")["ingress"]
    assert (rule["from_port"], rule["cidr_blocks"]) == (443, [])
    assert len(rule["prefix_list_ids"]) == 1


def test_by_default_everybody_reaches_the_load_balancer(prod: Prod) -> None:
    planned = prod.plan(domain=None, certificate_arn=None, site_domains={}, only_cloudfront=False)
    (rule,) = planned.of("cluster.aws_security_group.lb")["ingress"]
    assert (rule["from_port"], rule["cidr_blocks"]) == (80, ["0.0.0.0/0"])
    origins = planned.site("aws_cloudfront_distribution")["origin"]
    (settings,) = [
        found["custom_origin_config"][0] for found in origins if found["custom_origin_config"]
    ]
    assert (settings["origin_protocol_policy"], settings["http_port"]) == ("http-only", 80)


def test_a_certificate_without_a_name_is_refused(prod: Prod) -> None:
    with pytest.raises(ToolError) as caught:
        prod.plan(domain=None)
    assert any("Set `domain` to a name of the certificate" in line for line in caught.value.details)


def test_a_certificate_of_another_region_is_refused(prod: Prod) -> None:
    elsewhere = CERTIFICATE.replace("us-east-1", "eu-central-1")
    with pytest.raises(ToolError) as caught:
        prod.plan(site_domains={"app": {"name": "www.example.com", "certificate_arn": elsewhere}})
    assert any("us-east-1 only" in line for line in caught.value.details)
