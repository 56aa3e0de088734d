"""What the site of an environment on AWS would be: Terraform's plan of prod, read as JSON.

Planned against the local cloud, with a state of its own: nothing is created.
"""

from typing import Any

import pytest

from deploy.errors import ToolError
from tests.integration.infra.prod import CERTIFICATE, Planned, Prod
from tests.integration.local_cloud import Cloud

pytestmark = pytest.mark.ecs


@pytest.fixture(scope="module")
def prod(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Prod:
    return Prod(tmp_path_factory.mktemp("prod"), cloud.endpoint)


@pytest.fixture(scope="module")
def planned(prod: Prod) -> Planned:
    return prod.plan()


def bucket(planned: Planned, part: str = "", site: str = "app") -> dict[str, Any]:
    return planned.of(f'site["{site}"].module.bucket.aws_s3_bucket{part}.main')


def test_nobody_but_cloudfront_reads_the_bucket(planned: Planned) -> None:
    block = bucket(planned, "_public_access_block")
    flags = (
        "block_public_acls",
        "block_public_policy",
        "ignore_public_acls",
        "restrict_public_buckets",
    )
    assert [block[flag] for flag in flags] == [True] * 4
    (rule,) = bucket(planned, "_ownership_controls")["rule"]
    assert rule["object_ownership"] == "BucketOwnerEnforced"
    access = planned.site("aws_cloudfront_origin_access_control")
    assert (access["signing_behavior"], access["signing_protocol"]) == ("always", "sigv4")


def test_releases_stay_as_long_as_the_file_says(planned: Planned) -> None:
    (versioning,) = bucket(planned, "_versioning")["versioning_configuration"]
    assert versioning["status"] == "Enabled"
    assert not bucket(planned)["force_destroy"]
    for site, days, versions in (("app", 90, 13), ("docs", 366, 30)):
        (rule,) = bucket(planned, "_lifecycle_configuration", site)["rule"]
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
