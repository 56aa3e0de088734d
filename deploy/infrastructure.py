"""`invoke infra.*`: Terraform's plan, asked for and told as everything else is."""

import json
import time

from deploy.aws import Aws
from deploy.command import confirm
from deploy.config.model import Config
from deploy.environment import read_target
from deploy.events import Emit, Finished, Note
from deploy.infra import policy as policies
from deploy.infra import terraform

POLICY_TEMPLATE = terraform.TERRAFORM / "modules" / "ci-oidc" / "policy.json.tftpl"


def plan(config: Config, emit: Emit, *, destroy: bool = False) -> int:
    """Show what Terraform would change."""
    started = time.monotonic()
    found = terraform.plan(config, emit, destroy=destroy)
    summary = f"{len(found.changes)} to change" if found.changes else "nothing to do"
    emit(Finished("planned", 0, time.monotonic() - started, summary))
    return 0


def apply(config: Config, emit: Emit, *, yes: bool = False, destroy: bool = False) -> int:
    """Show what Terraform would change, ask where the environment wants it, and do it."""

    def approve(_: object) -> bool:
        confirm(config, "this plan", yes=yes)
        return True

    started = time.monotonic()
    Aws(config).check_account()
    change = terraform.destroy if destroy else terraform.apply
    found = change(config, emit, approve=approve)
    outcome = ("destroyed" if destroy else "applied") if found.changes else "unchanged"
    step = "" if destroy else f"`invoke deploy-backend --env {config.environment.name}`"
    seconds = time.monotonic() - started
    emit(Finished(outcome, 0, seconds, f"{len(found.changes)} changed", next_step=step))
    return 0


def policy(config: Config, emit: Emit, *, read_only: bool = False, compact: bool = False) -> int:
    """Tell what a role that deploys to the environment may do, as an IAM policy document.

    Raises PreflightError if the environment has no infrastructure yet.
    """
    aws = Aws(config)
    aws.check_account()
    template = POLICY_TEMPLATE.read_text(encoding="utf-8")
    document = policies.policy(template, read_target(aws), read_only=read_only)
    emit(Note(json.dumps(document, indent=None if compact else 2)))
    return 0
