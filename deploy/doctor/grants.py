"""What a deploy and a starting task call, for SimulatePrincipalPolicy. Pure.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from collections.abc import Sequence
from dataclasses import dataclass

from deploy.secret_names import Reference
from deploy.target import ServiceTarget, Target

PUSH = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)
PULL = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


@dataclass(frozen=True)
class Grant:
    """Actions that must be allowed on each of the resources (ARNs).

    `passed_to` is the service that a role is passed to, which policies may ask for.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)
    passed_to: str = ""


def of_deploy(target: Target, partition: str) -> tuple[Grant, ...]:
    """Return what the credentials of a deploy must allow, for all services and sites."""
    here = f"{target.region}:{target.account}"
    services = tuple(target.services.values())
    names = [f"{target.cluster}/{place.service}" for place in services]
    roles = {arn for place in services for arn in (place.execution_role_arn, place.task_role_arn)}
    buckets = [site.bucket for site in target.sites.values()] + [target.records]
    edges = [site.distribution for site in target.sites.values()]
    arn = f"arn:{partition}"
    grants = (
        Grant(("ecr:GetAuthorizationToken", "ecs:RegisterTaskDefinition")),
        Grant(PUSH, tuple(repository(place, here, partition) for place in services)),
        Grant(
            ("ecs:DescribeServices", "ecs:UpdateService"),
            tuple(f"{arn}:ecs:{here}:service/{name}" for name in names),
        ),
        Grant(("iam:PassRole",), tuple(sorted(roles)), passed_to="ecs-tasks.amazonaws.com"),
        Grant(("s3:ListBucket",), tuple(f"{arn}:s3:::{bucket}" for bucket in buckets)),
        Grant(
            ("s3:GetObject", "s3:PutObject"),
            tuple(f"{arn}:s3:::{bucket}/*" for bucket in buckets),
        ),
        Grant(
            ("cloudfront:CreateInvalidation",),
            tuple(f"{arn}:cloudfront::{target.account}:distribution/{edge}" for edge in edges),
        ),
    )
    return tuple(grant for grant in grants if grant.resources)


def of_execution(
    target: Target, place: ServiceTarget, references: Sequence[Reference], partition: str
) -> tuple[Grant, ...]:
    """Return what the role must allow that ECS starts a service's tasks with."""
    here = f"{target.region}:{target.account}"
    arn = f"arn:{partition}"
    logs = f"{arn}:logs:{here}:log-group:{place.log_group}:log-stream:any"
    # A secret's ARN ends in six characters that its name has not.
    named = f"{arn}:secretsmanager:{here}:secret"
    secrets = tuple(
        f"{named}:{r.id}-??????" if r.name else r.id
        for r in references
        if r.store == "secretsmanager"
    )
    parameters = tuple(
        f"{arn}:ssm:{here}:parameter/{r.id.lstrip('/')}" for r in references if r.store == "ssm"
    )
    grants = (
        Grant(("ecr:GetAuthorizationToken",)),
        Grant(PULL, (repository(place, here, partition),)),
        Grant(("logs:CreateLogStream", "logs:PutLogEvents"), (logs,)),
        Grant(("secretsmanager:GetSecretValue",), secrets),
        Grant(("ssm:GetParameters",), parameters),
    )
    return tuple(grant for grant in grants if grant.resources)


def repository(place: ServiceTarget, here: str, partition: str) -> str:
    """Return a repository's ARN; `here` is "region:account"."""
    return f"arn:{partition}:ecr:{here}:repository/{place.repository}"
