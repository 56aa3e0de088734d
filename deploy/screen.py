"""The screen of `invoke status`, at 80 columns: in colour on a terminal, plain in a pipe.

With --watch a terminal's screen is drawn again; a pipe gets a new block, and with --json a new
line, only when something has changed.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO

from deploy.service.observation import DeploymentSeen
from deploy.service.status import FAILED, IN_PROGRESS, Bounds, Release, ServiceStatus, Unknown
from deploy.values import named

if TYPE_CHECKING:
    from rich.console import Group
    from rich.text import Text

    from deploy.status import Alarm, EnvironmentStatus, Held, SiteStatus

Show = Callable[["EnvironmentStatus"], None]
Row = tuple[str, str, str]  # label, value, style

LABEL_WIDTH = 14  # with what stands to its left
BLOCKS = 2  # services; more of them are a line each, and only what is amiss tells more
DIGEST, COMMIT = len("sha256:") + 12, 7  # characters shown
NAME_WIDTH = 22
GOOD, BAD, MOVING, DIM = "green", "red", "yellow", "dim"
REDRAWS = 4  # a second, of the terminal; what is shown changes less often


@contextmanager
def opened(stream: TextIO, *, watch: bool, as_json: bool) -> Iterator[Show]:
    """Yield what shows a status on `stream` in the way that suits it."""
    from rich.console import Console

    if as_json:
        yield _changes(lambda found: print(json.dumps(plain(found)), file=stream, flush=True))
        return
    console = Console(file=stream, highlight=False)
    dumb = os.environ.get("CI") or os.environ.get("TERM") == "dumb"
    if watch and console.is_terminal and not dumb:
        with _redrawn(console) as show:
            yield show
    else:
        yield _changes(lambda found: console.print(screen(found)))


@contextmanager
def _redrawn(console: Any) -> Iterator[Show]:
    from rich.live import Live

    with Live(console=console, refresh_per_second=REDRAWS, transient=False) as live:
        yield lambda found: live.update(screen(found), refresh=True)


def _changes(show: Show) -> Show:
    """Show what differs from what was shown before."""
    before: list[EnvironmentStatus] = []

    def changed(found: "EnvironmentStatus") -> None:
        if before != [found]:
            show(found)
            before[:] = [found]

    return changed


def plain(value: Any) -> Any:
    """Return a status as JSON has it; what is unknown is `{"unknown": why}`."""
    if isinstance(value, Unknown):
        return {"unknown": value.why}
    if (own := named(value)) is not None:
        told = {name: plain(each) for name, each in own.items()}
        return told | ({"problems": list(value.problems)} if hasattr(value, "problems") else {})
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, tuple) else value


def screen(found: "EnvironmentStatus") -> "Group":
    """Return all of it as lines, none longer than the screen is wide."""
    from rich.console import Group

    where = f"account {found.account}  {found.region}  {_time(found.at)} UTC"
    lines = [_text((f"{found.project} {found.environment}  {where}", "bold")), _text("")]
    services = list(found.services.items())
    brief = len(services) > BLOCKS
    for name, service in services:
        lines += _service(name, service, found.at, brief=brief)
    for name, site in found.sites.items():
        lines += _site(name, site, found.at, brief=brief)
    lines += _row(*_alarms(found.alarms), "  alarms")
    lines += _row(*_lock(found.lock, found.at), "  lock")
    return Group(*lines, _text(""), _verdict(found))


def _text(*parts: str | tuple[str, str]) -> "Text":
    """Return one line of the screen; a part may come with its style."""
    from rich.text import Text

    return Text.assemble(*parts, no_wrap=True, overflow="ellipsis")


def _row(value: str, style: str, label: str) -> list["Text"]:
    """Return a line with its label; of several lines the first one has it."""
    return [
        _text((f"{'' if number else label:<{LABEL_WIDTH}}", DIM), (line, style))
        for number, line in enumerate(value.splitlines() or [""])
    ]


def _rows(rows: list[Row]) -> list["Text"]:
    return [line for label, value, style in rows for line in _row(value, style, f"    {label}")]


def _verdict(found: "EnvironmentStatus") -> "Text":
    moving = [n for n, each in found.services.items() if getattr(each, "rollouts", ())]
    if not found.problems and moving:
        return _text((f"▸ nothing is amiss; being rolled out: {', '.join(moving)}", MOVING))
    if not found.problems:
        return _text(("✓ everything is as it was asked to be", GOOD))
    return _text(("\n".join(f"✗ {problem}" for problem in found.problems), f"bold {BAD}"))


def _service(name: str, found: ServiceStatus | Unknown, now: float, *, brief: bool) -> list["Text"]:
    if isinstance(found, Unknown):
        return [_text((f"? service {name}", MOVING), f"  {_unknown(found)}")]
    counts = f"{found.running} of {found.desired} running"
    counts += f", {found.pending} pending" if found.pending else ""
    mark, style = _mark(found)
    if brief and not found.problems and not found.rollouts:
        return [_text((f"{mark} {name:<{NAME_WIDTH}}", style), _line(found, counts))]
    head = _text((f"{mark} service {name}", style), f"  {counts}")
    return [head, *_rows([*_running(found), *_moving(found, now)])]


def _mark(found: ServiceStatus) -> tuple[str, str]:
    if found.problems:
        return "✗", BAD
    return ("▸", MOVING) if found.rollouts else ("✓", GOOD)


def _line(found: ServiceStatus, counts: str) -> str:
    """All of a service that is well, in one line of 56 columns."""
    release = found.release
    told = f"{release.revision.rpartition(':')[2]}" if isinstance(release, Release) else "?"
    commit = release.commit[:COMMIT] if isinstance(release, Release) else ""
    targets = _targets(found)[0].removesuffix(" healthy")
    return f"{counts:<15} {f'targets {targets}':<16} :{told:<5} {commit:<{COMMIT}}"


def _running(found: ServiceStatus) -> list[Row]:
    rows: list[Row] = [("url", found.url, "cyan")] if found.url else []
    return [
        *rows,
        *_release(found.release),
        ("targets", *_targets(found)),
        ("scaling", *_bounds(found)),
    ]


def _release(release: Release | Unknown | None) -> list[Row]:
    if release is None:
        return []
    if isinstance(release, Unknown):
        return [("release", _unknown(release), MOVING)]
    if release.bootstrap:
        return [("release", "none has run yet", MOVING)]
    commit = f"  commit {_commit(release.commit)}" if release.commit else ""
    image = f"{release.digest[:DIGEST] or 'not pinned by a digest'}  {release.source_tag}"
    return [("release", f"{release.revision}{commit}", ""), ("image", image.rstrip(), "")]


def _commit(name: str) -> str:
    sha, dash, dirty = name.partition("-")
    return f"{sha[:COMMIT]}{dash}{dirty}"


def _targets(found: ServiceStatus) -> tuple[str, str]:
    if found.targets is None:
        return "no load balancer", DIM
    if isinstance(found.targets, Unknown):
        return _unknown(found.targets), MOVING
    count = f"{found.healthy} of {len(found.targets)} healthy"
    ill = [target for target in found.targets if target.state != "healthy"]
    lines = [f"{each.id} {each.state}{': ' * bool(each.reason)}{each.reason}" for each in ill]
    return "\n".join([count, *lines]), BAD if found.unhealthy else MOVING if ill else ""


def _bounds(found: ServiceStatus) -> tuple[str, str]:
    if found.bounds is None:
        return "no autoscaling", DIM
    if isinstance(found.bounds, Bounds):
        return f"{found.bounds} tasks, {found.desired} now", ""
    return _unknown(found.bounds), MOVING


def _moving(found: ServiceStatus, now: float) -> list[Row]:
    rollouts = [("rollout" * (not at), *_rollout(each)) for at, each in enumerate(found.rollouts)]
    events = "\n".join(f"{_when(each.at, now)} {each.message}" for each in found.events)
    return [*rollouts, *([("events", events, DIM)] if events else [])]


def _rollout(seen: DeploymentSeen) -> tuple[str, str]:
    name = f":{seen.definition.rpartition(':')[2]}"
    state = seen.rollout or seen.status
    replaced = ", being replaced" if seen.status == "ACTIVE" else ""
    where = f"{name} {state} since {_time(seen.created)}"
    counts = f"{seen.running} of {seen.desired} running{replaced}"
    failed = f", {seen.failed} failed" if seen.failed else ""
    reason = f"\n{seen.reason}" if seen.rollout == FAILED and seen.reason else ""
    style = {FAILED: BAD, IN_PROGRESS: MOVING}.get(state, DIM)
    return f"{where}, {counts}{failed}{reason}", style


def _site(name: str, found: "SiteStatus | Unknown", now: float, *, brief: bool) -> list["Text"]:
    if isinstance(found, Unknown):
        return [_text((f"? site {name}", MOVING), f"  {_unknown(found)}")]
    live = found.release
    if live is None:
        return [_text((f"? site {name}", MOVING), "  nothing was published yet")]
    waits = f"{found.pending} paths still cached by CloudFront" if found.pending else ""
    busy = "" if found.state != "publishing" else "  (another release is being published)"
    commit = f", commit {_commit(live.commit)}" if live.commit else ""
    rows: list[Row] = [
        ("url", found.url, "cyan"),
        ("published", f"{_when(live.created, now)} by {live.by}{commit}", ""),
        ("files", f"{live.files:,} files, {live.bytes / 1e6:,.1f} MB", ""),
    ]
    rows += [("pending", waits, MOVING)] if waits else []
    head = _text((f"✓ site {name}", GOOD), f"  {live.id}{busy}")
    return [head, *_rows([] if brief and not waits else rows)]


def _alarms(found: "tuple[Alarm, ...] | Unknown") -> tuple[str, str]:
    if isinstance(found, Unknown):
        return _unknown(found), MOVING
    if not found:
        return "none", DIM
    ringing = [f"{each.name} ALARM: {each.reason}" for each in found if each.state == "ALARM"]
    count = f"{len(ringing)} of {len(found)} in ALARM"
    return "\n".join([count, *ringing]), BAD if ringing else ""


def _lock(found: "Held | Unknown | None", now: float) -> tuple[str, str]:
    if found is None:
        return "free", DIM
    if isinstance(found, Unknown):
        return _unknown(found), MOVING
    what = f"frozen, {found.reason}" if found.frozen else found.reason
    return f"{found.by}: {what}, since {_when(found.since, now)}", MOVING


def _unknown(found: Unknown) -> str:
    return f"unknown ({found.why})"


def _time(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%S}"


def _when(at: float, now: float) -> str:
    """Return a time of today by its hour, and any other by its date as well. UTC."""
    moment, today = datetime.fromtimestamp(at, UTC), datetime.fromtimestamp(now, UTC)
    same = moment.date() == today.date()
    return f"{moment:%H:%M:%S}" if same else f"{moment:%Y-%m-%d %H:%M}"
