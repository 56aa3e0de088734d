"""Which checks may run, which can't, and what all of them say together. Pure."""

from collections.abc import Collection, Mapping, Sequence

from deploy.doctor.check import Check, Finding, Known, Verdict, skip
from deploy.errors import PreflightError

Findings = Mapping[str, Finding]  # by the check's key
ORDER: tuple[Verdict, ...] = ("OK", "SKIP", "NG")


def ready(checks: Sequence[Check], findings: Findings, begun: Collection[str]) -> list[Check]:
    """Return the checks that may run now: not begun, and all that they need is OK."""
    return [
        check
        for check in checks
        if check.key not in begun
        and check.key not in findings
        and all(need in findings and findings[need].verdict == "OK" for need in check.needs)
    ]


def blocked(checks: Sequence[Check], findings: Findings) -> dict[str, Finding]:
    """Return the verdict of those that can never run, because what they need is not OK.

    Each names the root of it: what was found not good, or was skipped for a reason of its own.
    """
    found: dict[str, Finding] = {}
    for check in checks:
        known = {**findings, **found}
        failed = [need for need in check.needs if need in known and known[need].verdict != "OK"]
        if check.key not in known and failed:
            found[check.key] = _because(failed[0], known[failed[0]])
    return found


def _because(need: str, finding: Finding) -> Finding:
    if finding.verdict == "SKIP" and finding.found.startswith("because "):
        return skip(finding.found)
    state = "is not good" if finding.verdict == "NG" else "was not looked at"
    return skip(f"because {need.rpartition('/')[2]} {state}")


def known_to(check: Check, findings: Findings) -> Known:
    """Return what the checks that this one needs have found."""
    return {need: findings[need].value for need in check.needs}


def told(checks: Sequence[Check], findings: Findings, already: int) -> Sequence[Check]:
    """Return the checks to tell of now, in order: no one is told before those that precede it."""
    end = already
    while end < len(checks) and checks[end].key in findings:
        end += 1
    return checks[already:end]


def summary(findings: Findings) -> str:
    """Return how many there are of each verdict, such as "21 OK, 3 SKIP, 1 NG"."""
    verdicts = [finding.verdict for finding in findings.values()]
    counts = ((verdicts.count(verdict), verdict) for verdict in ORDER)
    return ", ".join(f"{count} {verdict}" for count, verdict in counts if count)


def exit_code(findings: Findings) -> int:
    """Return 0, or a preflight error's code if anything is not good."""
    bad = any(finding.verdict == "NG" for finding in findings.values())
    return PreflightError.exit_code if bad else 0
