"""What `invoke plan` says, and how a saved plan is held to."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy import planfile
from deploy.backend import BackendPlan, ServicesPlan
from deploy.config.model import Config
from deploy.errors import ConfigError, PreflightError
from deploy.events import DiffShown, Event, Finished, Note
from deploy.frontend import FrontendPlan
from deploy.image.plan import FoundImage, ImagePlan, plan_image
from deploy.migrations.plan import MigrationPlan
from deploy.migrations.revisions import Revision
from deploy.parts import Plan
from deploy.planning import PlanOptions, plan, summary
from deploy.service.definition import image_reference, render
from deploy.service.diff import merged
from deploy.service.plan import ServiceState, plan_service
from deploy.service.scaling import ScalingPlan
from deploy.site.manifest import File
from deploy.site.merge import merge
from deploy.site.plan import Draft
from deploy.site.pointer import Pointer
from tests.unit.service.world import (
    BACKEND,
    OLD,
    TARGET,
    arn,
    config_of,
    deployment,
    service,
    service_of,
)
from tests.unit.site.values import entry_of, file_of, listed_of, release_of, site_of

HOUR = 3600.0
ASSET = "assets/index-BfX3kq9a.js"
CANARY = "hunter2-canary"


def config(root: Path = Path("/demo")) -> Config:
    return config_of()._replace(root=root, sites={"frontend": site_of()})


def content(digest: str | None, **environment: str) -> dict[str, Any]:
    wanted = service_of(environment=environment)
    image = image_reference(BACKEND.repository_url, digest)
    return render(config_of(wanted), wanted, BACKEND, image)


def backend(*, first: bool = False, built: bool = False, **environment: str) -> BackendPlan:
    """A service of which revision 7 runs, and whose image is to be built or is that one's."""
    found = FoundImage("src-1", OLD) if built else None
    image: ImagePlan = plan_image(BACKEND, "src-1", found)
    running = None
    if not first:
        identity = {"taskDefinitionArn": arn(7), "status": "ACTIVE"}
        running = merged(content(OLD), None) | identity
    state = ServiceState(service(deployment(1, 7)), running, running)
    plan = plan_service(BACKEND, content(OLD if built else None, **environment), state)
    return BackendPlan(BACKEND, image, plan, ScalingPlan("backend", "service/demo/backend", 2, 2))


def frontend(files: Sequence[File], *, pending: tuple[str, ...] = ()) -> FrontendPlan:
    """A site whose live release has one page and one asset."""
    live = [entry_of(ASSET), entry_of("index.html")]
    pointer = Pointer(release="r1", pending=pending)
    draft = Draft(site_of(), release_of("r1", live), pointer)
    for match in merge(files, [listed_of(entry) for entry in live], live):
        assert draft.add(match) is None
    return FrontendPlan(draft.plan())


def planned(part: BackendPlan | None = None, site: FrontendPlan | None = None) -> Plan:
    part = part or backend(built=True)
    services = ServicesPlan(TARGET, {"backend": part.image}, {"backend": part})
    sites = ((None, site or frontend(BUILT)),)
    return Plan(services, sites)  # type: ignore[arg-type] # what carries it out is not asked


BUILT = [file_of(ASSET), file_of("index.html")]


def test_nothing_to_do_is_said() -> None:
    assert summary(planned()) == "nothing to do"


def test_a_plan_comes_to_one_line() -> None:
    site = frontend([file_of("about.html"), file_of(ASSET), file_of("index.html", "other")])
    assert summary(planned(backend(), site)) == (
        "1 image to build, 1 service to roll out, 2 files to upload (6 B), 2 paths to invalidate"
    )


def test_a_migration_is_something_to_do() -> None:
    pending = (Revision("0002", ("0001",), "trips"),)
    migration = MigrationPlan("backend", run=True, reason="", database="", pending=pending)
    part = replace(backend(built=True), migration=migration)
    assert part.changed
    assert summary(planned(part)) == "1 database to migrate"


def test_what_an_earlier_run_left_is_something_to_do() -> None:
    assert summary(planned(site=frontend(BUILT, pending=("/a", "/b", "/c")))) == (
        "3 paths to invalidate"
    )


class Looked:
    """Stands for the parts of a deploy, of which only the plan is asked."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def plan(self, *, build: bool) -> Plan:
        assert not build
        return self._plan


def asked(
    monkeypatch: pytest.MonkeyPatch, found: Plan, **options: Any
) -> tuple[int, dict[type, list[Any]]]:
    """Return the exit code of `invoke plan` and what it told, by the events' types."""
    monkeypatch.setattr("deploy.planning.assembled", lambda *_: Looked(found))
    told: dict[type, list[Any]] = {}
    code = plan(
        config(),
        PlanOptions(**options),
        lambda event: told.setdefault(type(event), []).append(event),
    )
    return code, told


@pytest.mark.parametrize(
    ("changes", "asked_for", "code"), [(True, True, 2), (True, False, 0), (False, True, 0)]
)
def test_the_exit_code_says_whether_something_would_change_if_that_is_asked(
    monkeypatch: pytest.MonkeyPatch, changes: bool, asked_for: bool, code: int
) -> None:
    found = planned(backend(built=not changes))
    ended, told = asked(monkeypatch, found, exit_code=asked_for)
    (finished,) = told[Finished]
    assert ended == finished.exit_code == code
    assert finished.next_step == ("invoke deploy" if changes else "")


def test_the_next_step_deploys_what_was_planned(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, told = asked(monkeypatch, planned(backend()), only=("backend",), rebuild=True)
    assert told[Finished][0].next_step == "invoke deploy --rebuild --only backend"
    path = tmp_path / "plan.json"
    _, told = asked(monkeypatch, planned(backend()), only=("backend",), save=path)
    assert told[Finished][0].next_step == f"invoke deploy --plan-file {path}"
    assert path.exists()


def test_a_first_release_is_warned_of_and_shown_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    _, told = asked(monkeypatch, planned(backend(first=True)), full=True)
    assert any("none to roll back to" in note.text for note in told[Note])
    (diff,) = told[DiffShown]
    assert {line[0] for line in diff.lines} == {"+"}
    _, told = asked(monkeypatch, planned(backend()))
    assert DiffShown not in told
    assert Note not in told


def saved(tmp_path: Path, found: Plan, *, at: float = 0.0) -> Path:
    path = tmp_path / "kept" / "plan.json"
    planfile.save(path, config(tmp_path), found, now=lambda: at)
    return path


def checked(tmp_path: Path, path: Path, found: Plan, *, at: float = 0.0) -> list[Event]:
    told: list[Event] = []
    here = config(tmp_path)
    planfile.check(planfile.read(path, here), here, found, told.append, now=lambda: at)
    return told


def test_the_same_plan_may_be_applied(tmp_path: Path) -> None:
    path = saved(tmp_path, planned(backend()))
    assert checked(tmp_path, path, planned(backend())) == []
    assert planfile.read(path, config()).parts == ("backend", "frontend")


def test_an_old_plan_is_warned_about(tmp_path: Path) -> None:
    path = saved(tmp_path, planned())
    assert checked(tmp_path, path, planned(), at=23 * HOUR) == []
    (note,) = checked(tmp_path, path, planned(), at=30 * HOUR)
    assert isinstance(note, Note)
    assert "30 hours old" in note.text


def test_a_plan_that_moved_is_refused_with_each_thing_that_did(tmp_path: Path) -> None:
    path = saved(tmp_path, planned(backend()))
    site = frontend([file_of(ASSET), file_of("index.html", "other")])
    with pytest.raises(PreflightError) as caught:
        checked(tmp_path, path, planned(backend(built=True), site))
    assert caught.value.exit_code == 3
    told = "\n".join(caught.value.details)
    assert "service backend: its image was built meanwhile" in told
    assert "site frontend: its build is another" in told


def test_another_value_in_the_definition_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, planned(backend(MODE="a")))
    with pytest.raises(PreflightError) as caught:
        checked(tmp_path, path, planned(backend(MODE="b")))
    assert "environment[MODE]" in caught.value.details[0]


def test_another_commit_of_the_same_source_is_no_other_plan(tmp_path: Path) -> None:
    path = saved(tmp_path, planned(backend(APP_COMMIT="abc")))
    assert checked(tmp_path, path, planned(backend(APP_COMMIT="abc-dirty"))) == []


def test_a_file_holds_no_value_of_the_environment(tmp_path: Path) -> None:
    path = saved(tmp_path, planned(backend(API_TOKEN=CANARY, MODE=CANARY)))
    text = path.read_text()
    assert "environment[API_TOKEN]" in text
    assert CANARY not in text


def test_a_plan_of_another_environment_is_refused_before_anything_is_planned(
    tmp_path: Path,
) -> None:
    path = saved(tmp_path, planned())
    fields = json.loads(path.read_text()) | {"environment": "prod"}
    path.write_text(json.dumps(fields))
    with pytest.raises(PreflightError, match="it is for environment prod, and this is local"):
        planfile.read(path, config(tmp_path))


def test_a_missing_file_and_one_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        planfile.read(tmp_path / "none.json", config())
    with pytest.raises(ConfigError, match="can't be saved"):
        planfile.save(tmp_path, config(tmp_path), planned())


def test_a_first_release_is_planned_and_saved_too(tmp_path: Path) -> None:
    found = planned(backend(first=True))
    assert checked(tmp_path, saved(tmp_path, found), found) == []
