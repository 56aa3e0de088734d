"""The roles that GitHub Actions deploys with, as Terraform makes them on the local cloud."""

import json
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from deploy import infrastructure
from deploy.errors import ToolError
from deploy.events import Note
from deploy.infra import terraform
from deploy.infra.policy import policy
from deploy.infrastructure import POLICY_TEMPLATE
from deploy.target import parse_target
from tests.integration.infra.environment import Watched, configuration
from tests.integration.infra.prod import Prod
from tests.integration.infra.root import Root, environment
from tests.integration.local_cloud import Cloud
from tests.unit.infra.targets import parameter

pytestmark = pytest.mark.ecs

ISSUER = "token.actions.githubusercontent.com"
TARGET = parameter("api", "worker", sites=("frontend", "docs"))
ROOT = """
provider "aws" {{
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true

  endpoints {{
    iam = "{endpoint}"
    sts = "{endpoint}"
  }}
}}

variable "target" {{
  type = any
}}

variable "repository" {{
  type = string
}}

module "ci" {{
  source       = "./ci-oidc"
  target       = var.target
  repository   = var.repository
  environments = {{ deploy = "prod", plan = "prod-plan" }}
}}

output "roles" {{
  value = module.ci.roles
}}
"""


class Module(Root):
    """A root of Terraform's that has nothing but the module, and a state of its own."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        shutil.copytree(terraform.TERRAFORM / "modules" / "ci-oidc", folder / "ci-oidc")
        (folder / "main.tf").write_text(ROOT.format(endpoint=endpoint))
        super().__init__(folder, environment(folder))

    def change(self, verb: str, repository: str = "octo-org/shop") -> list[str]:
        file = self.root / "variables.tfvars.json"
        file.write_text(json.dumps({"target": TARGET, "repository": repository}))
        options = ("-input=false", "-no-color", f"-var-file={file}")
        return self.run(verb, *options, *(("-auto-approve",) if verb != "plan" else ()))

    def outputs(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads("\n".join(self.run("output", "-json")))
        return {name: value["value"] for name, value in found.items()}


@pytest.fixture(scope="module")
def module(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Module:
    made = Module(tmp_path_factory.mktemp("ci"), cloud.endpoint)
    made.change("apply")
    return made


def name_of(module: Module, kind: str) -> str:
    arn: str = module.outputs()["roles"][kind]
    return arn.rpartition("/")[2]


def trust(cloud: Cloud, role: str) -> dict[str, Any]:
    found: Any = cloud.client("iam").get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    document: dict[str, Any] = json.loads(unquote(found)) if isinstance(found, str) else found
    return document


def granted(cloud: Cloud, role: str) -> dict[str, Any]:
    """Return every statement of the policies that are attached to a role, by its Sid."""
    iam = cloud.client("iam")
    found: dict[str, Any] = {}
    for attached in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        arn = attached["PolicyArn"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        text = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        document = json.loads(unquote(text)) if isinstance(text, str) else text
        found |= {statement["Sid"]: statement for statement in document["Statement"]}
    return found


@pytest.mark.parametrize("kind", ["deploy", "plan"])
def test_a_role_may_do_exactly_what_the_task_prints(
    cloud: Cloud, module: Module, kind: str
) -> None:
    printed = policy(
        POLICY_TEMPLATE.read_text(), parse_target(json.dumps(TARGET)), read_only=kind == "plan"
    )
    assert granted(cloud, name_of(module, kind)) == {
        statement["Sid"]: statement for statement in printed["Statement"]
    }


@pytest.mark.parametrize(("kind", "environment"), [("deploy", "prod"), ("plan", "prod-plan")])
def test_only_a_job_of_one_repository_in_one_environment_gets_the_role(
    cloud: Cloud, module: Module, kind: str, environment: str
) -> None:
    (statement,) = trust(cloud, name_of(module, kind))["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Principal"]["Federated"].endswith(f":oidc-provider/{ISSUER}")
    assert statement["Condition"] == {
        "StringEquals": {
            f"{ISSUER}:aud": "sts.amazonaws.com",
            f"{ISSUER}:sub": f"repo:octo-org/shop:environment:{environment}",
        }
    }


def test_the_task_prints_one_document_that_iam_can_be_given(cloud: Cloud, tmp_path: Path) -> None:
    config = configuration(tmp_path, cloud.endpoint, "printed", listener=8000)
    made = TARGET | {"project": "printed", "environment": "local", "account": "000000000000"}
    cloud.client("ssm").put_parameter(
        Name="/printed/local/deploy", Value=json.dumps(made), Type="String"
    )
    watched = Watched()
    assert infrastructure.policy(config, watched.emit, compact=True) == 0
    (note,) = watched.of(Note)
    assert "\n" not in note.text
    cloud.client("iam").create_policy(PolicyName="printed", PolicyDocument=note.text)
    assert "arn:aws:ssm:us-east-1:000000000000:parameter/printed/local/deploy" in note.text


def test_a_second_plan_changes_nothing(module: Module) -> None:
    assert any("No changes" in line for line in module.change("plan"))


def test_a_repository_with_ids_is_taken_as_it_is(module: Module) -> None:
    lines = module.change("plan", "octo-org@123456/shop@456789")
    assert any("repo:octo-org@123456/shop@456789:environment:prod" in line for line in lines)


def test_a_pattern_instead_of_a_repository_is_refused(module: Module) -> None:
    with pytest.raises(ToolError) as caught:
        module.change("plan", "octo-org/*")
    assert any("Give one repository, OWNER/REPO" in line for line in caught.value.details)


def test_an_environment_and_its_roles_are_planned_in_one_go(cloud: Cloud, tmp_path: Path) -> None:
    """Although what the roles may do names buckets and distributions that are not there yet."""
    planned = Prod(tmp_path, cloud.endpoint).plan(github={"repository": "octo-org/shop"})
    assert (
        planned.of('module.ci[0].aws_iam_role.main["deploy"]')["name"] == "planned-prod-ci-deploy"
    )
    assert planned.of('module.ci[0].aws_iam_role.main["plan"]')["name"] == "planned-prod-ci-plan"
