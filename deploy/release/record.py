"""A release's record: what one apply did, written as it goes. Pure.

It is one JSON object in the environment's records bucket, `releases/<id>.json`, written again
after each step, so a run that is cut off leaves what it had done.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["deploy", "rollback", "scale", "restart"]


@dataclass(frozen=True)
class ServiceRecord:
    """One service in a release. `before` and `task_definition` are ARNs of revisions.

    `outcome` is an `Outcome`'s label, "" while it is not known. What a release did not change
    stands here too, as "unchanged": a release says what the whole environment ran.
    """

    task_definition: str = ""
    digest: str = ""
    source_tag: str = ""
    before: str = ""
    outcome: str = ""


@dataclass(frozen=True)
class SiteRecord:
    """One site in a release. `release` and `before` are ids of the site's own releases."""

    release: str = ""
    before: str = ""
    outcome: str = ""


@dataclass(frozen=True)
class PhaseRecord:
    name: str
    seconds: float
    ok: bool
    detail: str = ""


@dataclass(frozen=True)
class Record:
    """One apply. Times in Unix seconds; `outcome` is "" while it runs.

    `plan` holds the lines of the plan that was shown. `token` is the lock's fencing token that it
    ran under. `origin` is the release that a rollback returned to, else "".
    """

    id: str
    kind: Kind
    environment: str
    by: str
    host: str
    started: float
    commit: str = ""
    dirty: bool = False
    token: int = 0
    origin: str = ""
    plan: tuple[str, ...] = ()
    services: Mapping[str, ServiceRecord] = field(default_factory=dict)
    sites: Mapping[str, SiteRecord] = field(default_factory=dict)
    phases: tuple[PhaseRecord, ...] = ()
    running: str = ""  # the phase that runs now, or ran when it was cut off
    outcome: str = ""
    exit_code: int | None = None
    finished: float = 0.0
    summary: str = ""
