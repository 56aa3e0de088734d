"""Replies of AWS -> verdicts. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from deploy.config.model import Config, Service
from deploy.doctor.check import Finding, ng, ok, skip
from deploy.target import Target

Reply = Mapping[str, Any]

# AWS refuses a signature that is five minutes old, or comes from as far ahead.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
SKEW_SECONDS = 300.0
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RuntimePlatform.html
PLATFORMS = {"X86_64": "linux/amd64", "ARM64": "linux/arm64"}
BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
DIGEST_SHOWN = len("sha256:") + 12


def clock(ahead: float) -> Finding:
    """Judge how many seconds the server's clock is ahead of this machine's."""
    text = f"{abs(ahead):.0f} s {'behind' if ahead > 0 else 'ahead of'} the server's"
    if abs(ahead) < SKEW_SECONDS:
        return ok(text if abs(ahead) > 2 else "as the server's")  # noqa: PLR2004 - its resolution
    return ng(text, "set this machine's clock (`sudo timedatectl set-ntp true`)")


def parameter(target: Target, config: Config, account: str) -> Finding:
    """Judge whether the deploy parameter is this environment's."""
    place = config.environment
    expected = (config.project, place.name, account, place.region)
    found = (target.project, target.environment, target.account, target.region)
    names = ("project", "environment", "account", "region")
    wrong = [
        f"{name} {has}, not {wanted}"
        for name, wanted, has in zip(names, expected, found, strict=True)
        if has != wanted
    ]
    if wrong:
        return ng(f"it is of {'; '.join(wrong)}", f"run `invoke infra.apply --env {place.name}`")
    return ok(f"/{config.project}/{place.name}/deploy", target)


def parts(kind: str, wanted: Iterable[str], made: Iterable[str], environment: str) -> Finding:
    """Judge whether deploy.toml and Terraform have the same services, or sites."""
    missing, left = sorted(set(wanted) - set(made)), sorted(set(made) - set(wanted))
    apply = f"`invoke infra.apply --env {environment}`"
    if missing:
        return ng(f"without infrastructure: {', '.join(missing)}", f"create it: {apply}")
    if left:
        remedy = f"delete its infrastructure: {apply}; or put it back"
        return ng(f"not in deploy.toml any more: {', '.join(left)}", remedy)
    return ok(", ".join(sorted(wanted)) or f"no {kind}")


def infrastructure(entry: Reply | None, service: str, environment: str) -> Finding:
    """Judge an ECS service's entry in DescribeServices."""
    if entry is None or entry.get("status") != "ACTIVE":
        state = "no" if entry is None else f"a {entry.get('status')}"
        remedy = f"create it: `invoke infra.apply --env {environment}`"
        return ng(f"the cluster has {state} service {service}", remedy)
    count = f"{entry.get('runningCount', 0)} of {entry.get('desiredCount', 0)} tasks run"
    return ok(f"service {service}, {count}", entry)


def circuit_breaker(entry: Reply, environment: str) -> Finding:
    breaker = entry.get("deploymentConfiguration", {}).get("deploymentCircuitBreaker") or {}
    if breaker.get("enable") and breaker.get("rollback"):
        return ok("on, rolls back")
    state = "on, but does not roll back" if breaker.get("enable") else "off"
    remedy = f"a broken release would start forever: `invoke infra.apply --env {environment}`"
    return ng(state, remedy)


def grace_period(entry: Reply, service: Service, environment: str) -> Finding:
    """Judge whether the load balancer waits as long as the container may take to start."""
    if not entry.get("loadBalancers"):
        return skip("no load balancer looks at it")
    has, needed = entry.get("healthCheckGracePeriodSeconds") or 0, service.start_period
    text = f"{has} s; the container has {needed} s to start"
    if has >= needed:
        return ok(text)
    return ng(text, f"tasks would be ended too early: `invoke infra.apply --env {environment}`")


def session(entry: Reply, container: Reply | None) -> Finding:
    """Judge whether ECS Exec can reach the container.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
    """
    if not entry.get("enableExecuteCommand"):
        return skip("ECS Exec is off", "only `invoke shell` needs it: `invoke infra.apply`")
    if container and container.get("readonlyRootFilesystem"):
        return skip(
            "ECS Exec is on, but can't write into the container on AWS",
            "only `invoke shell` needs it: `readonly_root = false` in deploy.toml",
        )
    return ok("ECS Exec is on")


def architecture(platforms: Sequence[str], task: str, service: Service, digest: str) -> Finding:
    """Judge whether the image that runs is for the task's processor, and for deploy.toml's.

    `platforms` are those of the image, such as "linux/amd64", `task` is its `cpuArchitecture`.
    """
    known = {"/".join(platform.split("/")[:2]) for platform in platforms}
    has = ", ".join(sorted(known)) or "unknown"
    remedy = f"`invoke deploy-backend --service {service.name} --rebuild` changes both"
    if PLATFORMS.get(task, task) not in known:
        return ng(f"the image is for {has}, the task runs on {task}", remedy)
    wanted = service.build.platform
    if wanted not in known:
        return ng(f"the image is for {has}, deploy.toml says {wanted}", remedy)
    return ok(f"{digest[:DIGEST_SHOWN]} for {has}, as the task")


def simulated(results: Iterable[Reply], who: str, remedy: str = "") -> Finding:
    """Judge the results of SimulatePrincipalPolicy for the role or user `who`.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html
    """
    entries = list(results)
    denied = sorted({e["EvalActionName"] for e in entries if e["EvalDecision"] != "allowed"})
    if denied:
        remedy = remedy or f"allow it in the policy of {who}"
        return ng(f"{who} may not {', '.join(denied)}", remedy)
    return ok(f"{who} may do the {len({e['EvalActionName'] for e in entries})} things it must")


def versioned(versioning: Reply, bucket: str, environment: str) -> Finding:
    if versioning.get("Status") == "Enabled":
        return ok(f"{bucket}, versioned")
    remedy = f"rollbacks need its versions: `invoke infra.apply --env {environment}`"
    return ng(f"{bucket} keeps no versions", remedy)


def private(configuration: Reply, environment: str) -> Finding:
    """Judge a bucket's PublicAccessBlockConfiguration."""
    missing = [name for name in BLOCKS if not configuration.get(name)]
    if not missing:
        return ok("all four blocks are on")
    return ng(f"{', '.join(missing)} is off", f"`invoke infra.apply --env {environment}`")


def distribution(reply: Reply, environment: str) -> Finding:
    """Judge the `Distribution` of a GetDistribution reply."""
    name = f"{reply['Id']} at {reply.get('DomainName', '')}"
    if not reply["DistributionConfig"]["Enabled"]:
        return ng(f"{name} is disabled", f"`invoke infra.apply --env {environment}`")
    if reply["Status"] != "Deployed":
        return skip(f"{name} is on its way to the edges", "some minutes; then look again")
    return ok(name)


def source_role(arn: str) -> tuple[str, str]:
    """Return whose policy to simulate for the caller of an STS ARN: a kind and a name.

    "user" with its ARN, "role" with its name (the ARN of a session has not its path), or "" with
    the reason why there is nothing to simulate.
    """
    if re.search(r":iam::\d+:user/", arn):
        return "user", arn
    if found := re.search(r":sts::\d+:assumed-role/([^/]+)/", arn):
        return "role", found[1]
    return "", "the account's root may do everything" if arn.endswith(":root") else f"{arn} is none"
