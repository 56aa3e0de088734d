"""The commit that a task names: the one its source was released with, whatever came after."""

from pathlib import Path
from typing import Any

from deploy.config.model import Build, Service
from deploy.service.stamp import stamp

SERVICE = Service("api", Build(Path(), Path()), 8000, environment={"MODE": "x"})


def released(tag: str, commit: str) -> dict[str, Any]:
    pairs = [{"name": "APP_SOURCE_TAG", "value": tag}, {"name": "APP_COMMIT", "value": commit}]
    return {"containerDefinitions": [{"name": "api", "environment": pairs}]}


def commit_of(tag: str, commit: str, *known: dict[str, Any] | None) -> str:
    return stamp(SERVICE, tag, commit, known).environment["APP_COMMIT"]


def test_the_first_release_names_its_commit() -> None:
    stamped = stamp(SERVICE, "src-1", "abc", (None, None))
    assert stamped.environment == {"APP_SOURCE_TAG": "src-1", "APP_COMMIT": "abc", "MODE": "x"}


def test_a_commit_that_leaves_the_source_as_it_was_changes_nothing() -> None:
    assert commit_of("src-1", "later", released("src-1", "first")) == "first"


def test_a_new_source_names_the_new_commit() -> None:
    assert commit_of("src-2", "later", released("src-1", "first")) == "later"


def test_after_a_rollback_the_latest_definition_still_knows_its_commit() -> None:
    running, latest = released("src-1", "first"), released("src-2", "second")
    assert commit_of("src-2", "third", running, latest) == "second"


def test_outside_git_it_says_so() -> None:
    assert commit_of("src-1", "") == "unknown"


def test_deploy_toml_wins() -> None:
    own = Service("api", SERVICE.build, 8000, environment={"APP_COMMIT": "mine"})
    assert stamp(own, "src-1", "abc").environment["APP_COMMIT"] == "mine"
