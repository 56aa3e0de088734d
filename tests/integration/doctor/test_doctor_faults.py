"""What the doctor finds in an environment that was broken: services, secrets, roles, sites."""

import hashlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.aws import Aws
from deploy.config.model import Build, Config, Environment, Service
from deploy.diagnosis import environment_checks
from deploy.doctor import permissions
from deploy.doctor.check import PARAMETER, Finding, Known
from deploy.doctor.service import ServiceChecks
from deploy.doctor.site import SiteChecks
from deploy.target import ServiceTarget, SiteTarget, Target
from tests.integration.local_cloud import Cloud

pytestmark = pytest.mark.ecs

ACCOUNT = "000000000000"
ENTRY = "service api/infrastructure"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"


@dataclass
class Broken:
    """A service `api` whose parts a test breaks. Nothing of it runs."""

    cloud: Cloud
    name: str
    service: Service

    def aws(self) -> Aws:
        place = Environment("test", "us-east-1", endpoint=self.cloud.endpoint)
        return Aws(Config(Path(), "demo", place, {"api": self.service}))

    @property
    def target(self) -> Target:
        role = f"arn:aws:iam::{ACCOUNT}:role/{self.name}"
        place = ServiceTarget(
            "api", "api", self.name, self.name, f"{self.cloud.registry}/{self.name}",
            execution_role_arn=role, task_role_arn=role, log_group=f"/ecs/{self.name}",
            target_group_arn="", url="", min_tasks=1,
        )  # fmt: skip
        site = SiteTarget("web", f"{self.name}-site", "ENONE", "http://web")
        records = f"{self.name}-records"
        return Target(
            "demo", "test", ACCOUNT, "us-east-1", self.name, records, {"api": place}, {"web": site}
        )

    def checks(self, client: Any = None) -> ServiceChecks:
        return ServiceChecks(
            self.service,
            "demo",
            "test",
            client or self.cloud.client,
            lambda url: httpx.get(url).raise_for_status().content,
        )

    def known(self, image: str = "", architecture: str = "X86_64") -> Known:
        """Return what the checks before have found of a service that has this image."""
        ecs = self.cloud.client("ecs")
        definition = ecs.register_task_definition(
            family=self.name,
            containerDefinitions=[{"name": "api", "image": image or "r:1", "memory": 64}],
            runtimePlatform={"cpuArchitecture": architecture},
        )["taskDefinition"]["taskDefinitionArn"]
        entry = {"taskDefinition": definition, "deployments": []}
        return {PARAMETER: self.target, ENTRY: entry}

    def push(self, body: dict[str, Any], media_type: str) -> str:
        """Put a manifest into the registry; return its digest."""
        text = json.dumps(body).encode()
        digest = f"sha256:{hashlib.sha256(text).hexdigest()}"
        url = f"http://{self.cloud.registry}/v2/{self.name}/manifests/{digest}"
        httpx.put(url, content=text, headers={"content-type": media_type}).raise_for_status()
        return digest

    def push_image(self, architecture: str) -> str:
        """Push an image without layers as one manifest, which does not name its platform."""
        text = json.dumps({"os": "linux", "architecture": architecture, "config": {}}).encode()
        digest = f"sha256:{hashlib.sha256(text).hexdigest()}"
        url = f"http://{self.cloud.registry}/v2/{self.name}/blobs/uploads/?digest={digest}"
        httpx.post(url, content=text).raise_for_status()
        config = {"mediaType": CONFIG_TYPE, "digest": digest, "size": len(text)}
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, "layers": []}
        return self.push(manifest, MANIFEST_TYPE)

    def reference(self, digest: str) -> str:
        return f"{self.cloud.registry}/{self.name}@{digest}"


@pytest.fixture
def broken(cloud: Cloud) -> Iterator[Broken]:
    name = f"doctor-{uuid.uuid4().hex[:8]}"
    ecr = cloud.client("ecr")
    ecr.create_repository(repositoryName=name, imageTagMutability="IMMUTABLE")
    yield Broken(cloud, name, Service("api", Build(Path("api"), Path("api/Dockerfile")), 8000))
    ecr.delete_repository(repositoryName=name, force=True)


def bad(finding: Finding, found: str, remedy: str) -> None:
    assert finding.verdict == "NG", finding
    assert found in finding.found
    assert remedy in finding.remedy


def test_an_arm_image_on_a_task_for_x86_is_found_in_its_configuration(broken: Broken) -> None:
    image = broken.reference(broken.push_image("arm64"))
    finding = broken.checks().image(broken.known(image))
    bad(finding, "the image is for linux/arm64, the task runs on X86_64", "--service api --rebuild")


def test_an_image_for_the_tasks_processor_is_good(broken: Broken) -> None:
    image = broken.reference(broken.push_image("amd64"))
    assert broken.checks().image(broken.known(image)).verdict == "OK"
    bad(broken.checks().image(broken.known(image, "ARM64")), "runs on ARM64", "--rebuild")


def test_an_index_is_good_if_one_of_its_images_is(broken: Broken) -> None:
    entries = [
        {"mediaType": MANIFEST_TYPE, "digest": broken.push_image(name), "size": 1,
         "platform": {"os": "linux", "architecture": name}}
        for name in ("amd64", "arm64")
    ]  # fmt: skip
    index = {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": entries}
    known = broken.known(broken.reference(broken.push(index, INDEX_TYPE)))
    assert broken.checks().image(known).verdict == "OK"


def test_an_image_that_runs_and_is_gone_from_the_registry(broken: Broken) -> None:
    known = broken.known(broken.reference(f"sha256:{'0' * 64}"))
    bad(broken.checks().image(known), "the registry has it no more", "--rebuild")


def test_a_service_that_was_never_deployed_is_no_fault(broken: Broken) -> None:
    assert broken.checks().image(broken.known("r:bootstrap")).verdict == "SKIP"


def test_a_repository_that_is_gone(broken: Broken) -> None:
    known = broken.known()
    assert broken.checks().repository(known).found == f"{broken.name}, immutable tags"
    broken.cloud.client("ecr").delete_repository(repositoryName=broken.name)
    try:
        bad(broken.checks().repository(known), f"there is no {broken.name}", "infra.apply")
    finally:
        broken.cloud.client("ecr").create_repository(repositoryName=broken.name)


def test_secrets_are_looked_for_and_never_read(broken: Broken) -> None:
    called: list[str] = []

    def client(service: str) -> Any:
        made = broken.cloud.client(service)
        made.meta.events.register("before-call", lambda model, **_: called.append(model.name))
        return made

    secrets, ssm = broken.cloud.client("secretsmanager"), broken.cloud.client("ssm")
    arn = secrets.create_secret(Name=f"{broken.name}/key", SecretString="canary")["ARN"]
    ssm.put_parameter(Name=f"/{broken.name}/url", Value="canary", Type="SecureString")
    values = {"KEY": f"{arn}:password::", "URL": f"/{broken.name}/url"}
    broken.service = broken.service._replace(secrets=values)
    assert broken.checks(client).secrets({}).verdict == "OK"
    ssm.delete_parameter(Name=f"/{broken.name}/url")
    bad(broken.checks(client).secrets({}), f"URL (/{broken.name}/url)", "[services.api]")
    secrets.delete_secret(SecretId=arn, RecoveryWindowInDays=7)
    bad(broken.checks(client).secrets({}), "KEY", "`invoke secrets.check --env test`")
    assert set(called) == {"DescribeSecret", "DescribeParameters"}


def give_role(broken: Broken, *statements: dict[str, Any]) -> None:
    iam = broken.cloud.client("iam")
    iam.create_role(RoleName=broken.name, AssumeRolePolicyDocument="{}")
    policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    iam.put_role_policy(RoleName=broken.name, PolicyName="own", PolicyDocument=policy)


def allow(*actions: str, resource: str = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def test_an_execution_role_that_cannot_write_its_log(broken: Broken) -> None:
    give_role(broken, allow("ecr:*"))
    finding = broken.checks().execution_role(broken.known())
    bad(finding, "may not logs:CreateLogStream, logs:PutLogEvents", f"policy of {broken.name}")


def test_an_execution_role_that_may_pull_from_another_repository_only(broken: Broken) -> None:
    other = f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/other"
    give_role(
        broken,
        allow("logs:*", "ecr:GetAuthorizationToken"),
        allow("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", resource=other),
    )
    finding = broken.checks().execution_role(broken.known())
    bad(finding, "may not ecr:BatchGetImage, ecr:GetDownloadUrlForLayer", "allow it")


def test_a_deploy_role_that_may_not_pass_roles(broken: Broken) -> None:
    give_role(broken, allow("ecr:*", "ecs:*", "s3:*", "cloudfront:*"))
    caller = f"arn:aws:sts::{ACCOUNT}:assumed-role/{broken.name}/session"
    finding = permissions.caller(broken.cloud.client("iam"), caller, broken.target)
    bad(finding, "may not iam:PassRole", "`invoke infra.policy --env test`")


def test_a_root_has_no_policy_to_simulate(broken: Broken) -> None:
    root = f"arn:aws:iam::{ACCOUNT}:root"
    finding = permissions.caller(broken.cloud.client("iam"), root, broken.target)
    assert finding.verdict == "SKIP"


def test_a_cluster_and_a_records_bucket_that_are_gone(broken: Broken) -> None:
    from deploy.errors import PreflightError

    checks = {check.key: check for check in environment_checks(broken.aws())}
    known = {PARAMETER: broken.target}
    for key, text in (("environment/cluster", "no cluster"), ("environment/records", "no bucket")):
        with pytest.raises(PreflightError, match=text) as caught:
            checks[key].look(known)
        assert "invoke infra.apply --env test" in caught.value.remedy


def test_a_distribution_that_is_gone(broken: Broken) -> None:
    checks = SiteChecks("web", "test", broken.cloud.client)
    place = checks.infrastructure({PARAMETER: broken.target}).value
    known = {"site web/infrastructure": place}
    bad(checks.distribution(known), "there is no distribution ENONE", "infra.apply --env test")
