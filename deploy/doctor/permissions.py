"""What IAM says that a role or a user may do."""

from collections.abc import Iterable, Iterator
from typing import Any

from deploy.doctor import judge
from deploy.doctor.check import Finding, skip
from deploy.doctor.grants import Grant, of_deploy
from deploy.target import Target


def caller(iam: Any, arn: str, target: Target) -> Finding:
    """Judge what the caller's own policies allow; `arn` is what STS calls the caller."""
    kind, name = judge.source_role(arn)
    if not kind:
        return skip(f"not simulated: {name}")
    source = iam.get_role(RoleName=name)["Role"]["Arn"] if kind == "role" else name
    grants = of_deploy(target, arn.split(":")[1])
    who = source.rpartition("/")[2]
    remedy = f"allow it for {who}: `invoke infra.policy --env {target.environment}` prints a policy"
    return judge.simulated(simulate(iam, source, grants), who, remedy)


def simulate(iam: Any, source: str, grants: Iterable[Grant]) -> Iterator[dict[str, Any]]:
    """Yield the EvaluationResults of SimulatePrincipalPolicy, grant by grant.

    One resource a request: of several, one that is allowed can hide one that is not.
    """
    for grant in grants:
        entries = [
            {
                "ContextKeyName": "iam:PassedToService",
                "ContextKeyValues": [grant.passed_to],
                "ContextKeyType": "string",
            }
        ]
        for resource in grant.resources:
            reply = iam.simulate_principal_policy(
                PolicySourceArn=source,
                ActionNames=list(grant.actions),
                ResourceArns=[resource],
                ContextEntries=entries if grant.passed_to else [],
            )
            yield from reply["EvaluationResults"]
