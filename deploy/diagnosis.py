"""`invoke doctor`: everything that a deploy needs is looked at, not only until the first fault."""

import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from deploy.aws import Aws, Identity, explain
from deploy.config.model import Config
from deploy.connections import Connections
from deploy.doctor import judge, permissions, tree
from deploy.doctor.check import PARAMETER, Check, Finding, Known, ok, skip
from deploy.doctor.run import Run
from deploy.doctor.service import ServiceChecks
from deploy.doctor.site import SiteChecks
from deploy.environment import read_target
from deploy.errors import PreflightError, ShipwayError, ToolError
from deploy.events import Checked, Emit, Finished
from deploy.machine_checks import machine_checks
from deploy.target import Target

IDENTITY, ACCOUNT = "credentials/identity", "credentials/account"
CLIENTS = ("ecs", "ecr", "iam", "s3", "cloudfront", "secretsmanager", "ssm")


def doctor(config: Config, emit: Emit) -> int:
    """Look at this machine, the credentials and the environment; tell of each what was found.

    Nothing is written. Returns 0, or 3 if anything is not good.
    """
    started = time.monotonic()
    aws = Aws(config)
    findings = _look((*machine_checks(config), *first_checks(aws)), emit)
    if findings[PARAMETER].verdict == "OK":
        for name in CLIENTS:  # beforehand: making them takes time that no check should pay for
            aws.client(name)
    findings = _look(environment_checks(aws), emit, findings)
    code = tree.exit_code(findings)
    outcome, seconds = "not well" if code else "well", time.monotonic() - started
    emit(Finished(outcome, code, seconds, tree.summary(findings)))
    return code


def _look(
    checks: tuple[Check, ...], emit: Emit, findings: tree.Findings | None = None
) -> dict[str, Finding]:
    def report(check: Check, finding: Finding) -> None:
        emit(Checked(check.group, check.name, finding.verdict, finding.found, finding.remedy))

    return Run(checks, report, clock=time.monotonic, explain=explain).go(findings)


def first_checks(aws: Aws) -> tuple[Check, ...]:
    """Return the checks of the credentials, and whether Terraform made the environment."""
    made = partial(Check, "credentials")
    return (
        made("identity", lambda _: _identity(aws)),
        made("account", lambda known: _account(aws, known[IDENTITY]), (IDENTITY,)),
        made("region", lambda _: _region(aws), (IDENTITY,)),
        made("clock", lambda _: _clock(aws, time.time)),
        Check(
            "environment",
            "deploy parameter",
            lambda known: judge.parameter(read_target(aws), aws.config, known[ACCOUNT]),
            (ACCOUNT,),
        ),
    )


def environment_checks(aws: Aws) -> tuple[Check, ...]:
    """Return the checks of what Terraform made, and of what runs there."""
    config, place = aws.config, aws.environment
    made = partial(Check, "environment", needs=(PARAMETER,))
    services = [
        ServiceChecks(service, config.project, place, aws.client, _fetch)
        for service in config.services.values()
    ]
    sites = [SiteChecks(name, place, aws.client) for name in config.sites]
    return (
        made("services", lambda k: _parts("services", aws, k)),
        made("sites", lambda k: _parts("sites", aws, k)),
        made("cluster", lambda k: _cluster(aws, k[PARAMETER])),
        made("records", lambda k: _records(aws, k[PARAMETER])),
        Check("environment", "permissions", lambda k: _permissions(aws, k), (IDENTITY, PARAMETER)),
        *(check for service in services for check in service.checks()),
        *(check for site in sites for check in site.checks()),
    )


def _identity(aws: Aws) -> Finding:
    identity = aws.identity()
    return ok(identity.arn, identity)


def _account(aws: Aws, identity: Identity) -> Finding:
    aws.expect(identity.account)
    named = aws.config.environment.account
    return ok(
        f"{identity.account}, as deploy.toml has it" if named else identity.account,
        identity.account,
    )


def _region(aws: Aws) -> Finding:
    endpoint = aws.config.environment.endpoint
    return ok(aws.config.environment.region + (f" at {endpoint}" if endpoint else ""))


def _clock(aws: Aws, now: Callable[[], float]) -> Finding:
    """Compare with the Date of a reply, even of one that refuses."""
    try:
        reply = aws.http.request("sts", "GET", aws.http.url("sts"), attempts=1)
    except ShipwayError:
        return skip("no server answers to compare it with")
    return (
        skip("the server tells no time") if reply.date is None else judge.clock(reply.date - now())
    )


def _parts(kind: str, aws: Aws, known: Known) -> Finding:
    wanted, made = getattr(aws.config, kind), getattr(known[PARAMETER], kind)
    return judge.parts(kind, wanted, made, aws.environment)


def _cluster(aws: Aws, target: Target) -> Finding:
    from deploy.service.describe import describe_services

    ecs = aws.client("ecs")
    names = [place.service for place in target.services.values()]
    try:
        entries = describe_services(ecs, target.cluster, names)
    except ecs.exceptions.ClusterNotFoundException as missing:
        raise PreflightError(
            f"there is no cluster {target.cluster}",
            remedy=f"`invoke infra.apply --env {aws.environment}`",
        ) from missing
    return ok(f"{target.cluster}, {len(entries)} of {len(names)} services", entries)


def _records(aws: Aws, target: Target) -> Finding:
    from botocore.exceptions import ClientError

    try:
        aws.client("s3").head_bucket(Bucket=target.records)
    except ClientError as error:
        if error.response["Error"]["Code"] != "404":
            raise
        raise PreflightError(
            f"there is no bucket {target.records}",
            remedy=f"`invoke infra.apply --env {aws.environment}`",
        ) from error
    return ok(target.records)


def _permissions(aws: Aws, known: Known) -> Finding:
    identity: Identity = known[IDENTITY]
    return permissions.caller(aws.client("iam"), identity.arn, known[PARAMETER])


def _fetch(url: str) -> bytes:
    """Return what is at a URL that is signed itself. Raises ToolError if it is not there."""
    parts = urlsplit(url)
    connection: Any = Connections(os.environ).take(parts)
    try:
        connection.request("GET", f"{parts.path}{'?' * bool(parts.query)}{parts.query}")
        reply = connection.getresponse()
        body: bytes = reply.read()
    finally:
        connection.close()
    if reply.status != 200:  # noqa: PLR2004 - OK
        raise ToolError(f"{parts.netloc} answers {reply.status} for a part of the image")
    return body
