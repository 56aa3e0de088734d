"""Terraform's machine-readable messages -> progress, planned changes, diagnostics. Pure.

https://developer.hashicorp.com/terraform/internals/machine-readable-ui
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.errors import PreflightError, ShipwayError, ToolError
from deploy.events import PhaseProgress, Sign

Message = Mapping[str, Any]

SIGNS: dict[str, Sign] = {"create": "+", "update": "~", "replace": "~", "delete": "-"}
DOING = {"create": "creating", "update": "changing", "delete": "deleting"}
DONE = {"create": "created", "update": "changed", "delete": "deleted"}
ENDS = {"apply_complete", "apply_errored"}

# Part of a diagnostic -> what to do. The first group can only happen before anything is written.
CREDENTIALS = "refresh your AWS credentials, such as by `aws sso login`, or set AWS_PROFILE"
PREFLIGHT = {
    "no valid credential sources": CREDENTIALS,
    "expiredtoken": CREDENTIALS,
    "invalidclienttokenid": CREDENTIALS,
    "unrecognizedclientexception": CREDENTIALS,
    "account id not allowed": "your credentials are of another account than deploy.toml names",
    "unsupported terraform core version": "install Terraform 1.11 or later",
    "connection refused": "start the local cloud: invoke cloud.up",
    "failed to query available provider packages": (
        "connect to the internet, or unpack hashicorp/aws 5.100 into a Terraform mirror folder: "
        "https://developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror"
    ),
    "nosuchbucket": "make the bucket of Terraform's state: see docs/aws.md",
    's3 bucket "': "make the bucket of Terraform's state: see docs/aws.md",
    "error acquiring the state lock": (
        "another apply is running: wait for it; if it has died, `terraform force-unlock <ID>`"
    ),
}
REMEDIES = {
    "deletion protection": "set deletion_protection = false, apply, then destroy",
    "already exists": (
        "something of that name was not made by this Terraform state: "
        "delete it or `terraform import` it"
    ),
    "accessdenied": "your AWS role lacks the permission that the message names",
    "unauthorizedoperation": "your AWS role lacks the permission that the message names",
}


@dataclass(frozen=True)
class Diagnostic:
    """One error or warning of Terraform."""

    severity: str
    summary: str
    detail: str = ""
    address: str = ""
    where: str = ""  # file:line

    def lines(self) -> tuple[str, ...]:
        place = " ".join(part for part in (subject(self.address), self.where) if part)
        head = f"{place}: {self.summary}" if place else self.summary
        return (head, *(f"  {line}" for line in self.detail.splitlines() if line.strip()))


def parse(line: str) -> Message | None:
    """Return the message in `line`, or None for a line that is not one of Terraform's."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) and "@message" in message else None


def subject(address: str) -> str:
    """Return a resource's address as people read it.

    `module.environment.module.cluster.aws_lb.main` -> `cluster.aws_lb.main`
    """
    return address.removeprefix("module.environment.").replace("module.", "")


def ended(message: Message) -> bool:
    """Whether a resource's operation ended: was it made, changed, deleted, or did it fail?"""
    return message.get("type") in ENDS and message["hook"]["action"] in DOING


def planned(message: Message) -> Message | None:
    """Return the change of a `planned_change` message: `resource`, `action`, maybe `reason`."""
    if message.get("type") != "planned_change":
        return None
    change: Message = message["change"]
    return change if change["action"] in SIGNS else None


def diagnostic(message: Message) -> Diagnostic | None:
    """Return the diagnostic that a message carries."""
    if message.get("type") != "diagnostic":
        return None
    found = message["diagnostic"]
    place = found.get("range") or {}
    where = f"{place['filename']}:{place['start']['line']}" if place else ""
    return Diagnostic(
        severity=found["severity"],
        summary=found["summary"],
        detail=found.get("detail", ""),
        address=found.get("address", ""),
        where=where,
    )


def progress(message: Message, phase: str, done: int, total: int) -> PhaseProgress | None:
    """Return a line for a resource that ended, or that takes long.

    `done` of `total` operations have ended, this one included.
    """
    hook = message.get("hook")
    kind = message.get("type")
    if not hook or hook["action"] not in DOING or kind not in {"apply_progress", *ENDS}:
        return None
    action, seconds = hook["action"], hook.get("elapsed_seconds", 0)
    text = f"{SIGNS[action]} {subject(hook['resource']['addr'])}"
    if kind == "apply_progress":
        text += f"  still {DOING[action]}, {seconds} s"
    elif kind == "apply_complete":
        text += f"  {DONE[action]}" + (f" after {seconds} s" if seconds else "")
    else:
        text += "  failed"
    return PhaseProgress(phase, text, done=done, total=total, unit="resources")


def failure(
    command: str, diagnostics: Sequence[Diagnostic], rest: Sequence[str], *, wrote: bool
) -> ShipwayError:
    """Return the error of a Terraform command that failed.

    `rest` are lines that were no messages; `wrote` says whether the command could have changed
    anything. What it found missing before that is a PreflightError, all else a ToolError.
    """
    errors = [found for found in diagnostics if found.severity == "error"]
    if not errors:
        return ToolError(f"`{command}` failed", details=tuple(rest))
    text = "\n".join(f"{found.summary} {found.detail}" for found in errors).lower()
    details = tuple(line for found in errors for line in found.lines())
    message = f"`{command}` failed: {errors[0].summary}"
    if not wrote:
        for part, remedy in PREFLIGHT.items():
            if part in text:
                return PreflightError(message, details=details, remedy=remedy)
    remedy = next((remedy for part, remedy in REMEDIES.items() if part in text), "")
    return ToolError(message, details=details, remedy=remedy or _again(wrote=wrote))


def _again(*, wrote: bool) -> str:
    return "what was made is in the state: mend the cause and run the same again" if wrote else ""
