"""The screen of `invoke status`: 80 columns wide, in a pipe too, and as one JSON object."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from deploy.screen import opened
from deploy.service.observation import DeploymentSeen, ServiceEvent
from deploy.service.status import Bounds, Release, ServiceStatus, TargetSeen, Unknown
from deploy.site.manifest import Release as SiteRelease
from deploy.status import Alarm, EnvironmentStatus, Held, SiteStatus

NOW = datetime(2026, 11, 22, 8, 15, 30, tzinfo=UTC).timestamp()
DIGEST = "sha256:" + "ab12" * 16
ARN = "arn:aws:ecs:us-east-1:000000000000:task-definition/shipway-demo-local-backend:"
SERVICE = ServiceStatus(
    "backend",
    "shipway-demo-local-backend",
    "http://localhost:8000",
    "ACTIVE",
    desired=2,
    running=2,
    release=Release("shipway-demo-local-backend:3", DIGEST, "src-" + "0" * 16, "3f9a1c2" * 5),
    targets=(TargetSeen("10.0.0.1:8000", "healthy"), TargetSeen("10.0.0.2:8000", "healthy")),
    bounds=Bounds(1, 4),
    events=tuple(
        ServiceEvent(str(n), NOW - n, f"has started 1 tasks: (task {'0123' * 12}).")
        for n in range(5)
    ),
)
SITE = SiteStatus(
    "frontend",
    "http://localhost:8080",
    SiteRelease("20261121T081512Z-3f9a1c2", NOW - 86400, "ada", "3f9a1c2", "", 34, 1_200_000),
)
FOUND = EnvironmentStatus(
    "shipway-demo",
    "local",
    "000000000000",
    "us-east-1",
    {"backend": SERVICE},
    {"frontend": SITE},
    at=NOW,
)


def shown(*found: EnvironmentStatus, as_json: bool = False) -> str:
    stream = io.StringIO()
    with opened(stream, watch=True, as_json=as_json) as show:
        for each in found:
            show(each)
    return stream.getvalue()


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def services(count: int, **changes: Any) -> EnvironmentStatus:
    named = {f"service-{n}": replace(SERVICE, name=f"service-{n}") for n in range(count)}
    named["service-0"] = replace(named["service-0"], **changes)
    return replace(FOUND, services=named)


def test_everything_that_a_person_looks_for_is_there() -> None:
    text = shown(FOUND)
    for words in (
        "shipway-demo local  account 000000000000  us-east-1  08:15:30 UTC",
        "✓ service backend  2 of 2 running",
        "http://localhost:8000",
        "shipway-demo-local-backend:3  commit 3f9a1c2\n",
        "sha256:ab12ab12ab12  src-0000000000000000",
        "2 of 2 healthy",
        "1 to 4 tasks, 2 now",
        "08:15:29 has started 1 tasks",
        "✓ site frontend  20261121T081512Z-3f9a1c2",
        "2026-11-21 08:15 by ada, commit 3f9a1c2",
        "34 files, 1.2 MB",
        "alarms      none",
        "lock        free",
        "everything is as it was asked to be",
    ):
        assert words in text, text


def test_it_fits_a_screen_of_80_columns_in_plain_text() -> None:
    for found in (FOUND, services(15)):
        lines = shown(found).splitlines()
        assert max(map(len, lines)) <= 80
        assert len(lines) <= 24
        assert "\x1b" not in "".join(lines)


def test_of_many_services_only_what_is_amiss_tells_more() -> None:
    text = shown(services(15, running=1))
    assert "✗ service service-0  1 of 2 running" in text
    assert "✗ service-0: 1 of 2 tasks run, and nothing is being rolled out" in text
    assert "✓ service-1 " in text
    assert text.count("events") == 1


def test_a_rollout_shows_its_state_and_since_when() -> None:
    rollouts = (
        DeploymentSeen("2", "PRIMARY", f"{ARN}4", "IN_PROGRESS", desired=2, created=NOW - 60),
        DeploymentSeen("1", "ACTIVE", f"{ARN}3", "COMPLETED", desired=2, running=2, created=NOW),
    )
    text = shown(services(1, rollouts=rollouts))
    assert "▸ service service-0" in text
    assert ":4 IN_PROGRESS since 08:14:30, 0 of 2 running" in text
    assert "being replaced" in text
    assert "▸ nothing is amiss; being rolled out: service-0" in text


def test_what_is_unknown_says_why_and_the_rest_shows() -> None:
    denied = Unknown("not allowed")
    text = shown(
        replace(
            services(1, targets=denied, bounds=denied, release=denied),
            sites={"frontend": denied},
            alarms=denied,
            lock=denied,
        )
    )
    assert text.count("unknown (not allowed)") == 6
    assert "2 of 2 running" in text
    assert "unknown (not allowed)" in shown(replace(FOUND, services={"backend": denied}))


def test_unhealthy_targets_alarms_pending_paths_and_a_freeze_are_named() -> None:
    ill = TargetSeen("10.0.0.2:8000", "unhealthy", "Health checks failed with these codes: [500]")
    text = shown(
        replace(
            services(1, targets=(*SERVICE.targets[:1], ill)),  # type: ignore[index]
            sites={"frontend": replace(SITE, pending=3)},
            alarms=(Alarm("shipway-demo-local-5xx", "ALARM", "too many"), Alarm("cpu", "OK")),
            lock=Held("ada@laptop", "release day", NOW - 60, frozen=True),
        )
    )
    assert "10.0.0.2:8000 unhealthy: Health checks failed" in text
    assert "1 of 2 in ALARM" in text
    assert "shipway-demo-local-5xx ALARM: too many" in text
    assert "3 paths still cached" in text
    assert "ada@laptop: frozen, release day, since 08:14:30" in text


def test_before_the_first_release_it_says_so() -> None:
    bare = services(1, release=Release("demo:1", bootstrap=True), desired=0, running=0, targets=())
    text = shown(replace(bare, sites={"frontend": SiteStatus("frontend", "http://x")}))
    assert "none has run yet" in text
    assert "nothing was published yet" in text


def test_a_pipe_gets_a_block_only_when_something_has_changed() -> None:
    later = replace(FOUND, at=NOW + 2)
    other = services(1, running=1)
    assert shown(FOUND, later, later).count("UTC") == 1
    assert shown(FOUND, later, other, FOUND).count("UTC") == 3


def test_json_is_one_object_for_each_change() -> None:
    lines = shown(FOUND, replace(FOUND, at=NOW + 2), services(1, running=1), as_json=True)
    first, second = map(json.loads, lines.splitlines())
    assert first["services"]["backend"]["release"]["digest"] == DIGEST
    assert first["sites"]["frontend"]["release"]["files"] == 34
    assert (first["problems"], first["lock"]) == ([], None)
    assert second["services"]["service-0"]["problems"]
    unknown = shown(replace(FOUND, alarms=Unknown("not allowed")), as_json=True)
    assert json.loads(unknown)["alarms"] == {"unknown": "not allowed"}
