"""A plan's changes with their reasons."""

from typing import Any

from deploy.events import Change
from deploy.infra import changes, stream
from tests.unit.infra.samples import recorded, recorded_json

PLANNED = [found for found in map(stream.planned, recorded("plan-replace.jsonl")) if found]


def by_subject() -> dict[str, Any]:
    detailed = changes.details(recorded_json("show-replace.json"))
    return {change.subject: change for change in changes.changes(PLANNED, detailed)}


def one(action: str, reason: str = "", **change: Any) -> Change:
    planned = {"resource": {"addr": "a.b"}, "action": action, "reason": reason}
    shown = {"resource_changes": [{"address": "a.b", "change": change}]} if change else {}
    return changes.changes([planned], changes.details(shown))[0]


def test_a_replacement_names_what_forces_it() -> None:
    vpc = by_subject()["network.aws_vpc.main"]
    assert vpc.sign == "~"
    assert vpc.reason == "replace: cidr_block can't be changed in place"


def test_an_update_names_what_changes() -> None:
    lb = by_subject()["cluster.aws_lb.main"]
    assert lb.reason.startswith(("changed: ", "replace: "))
    assert "security_groups" in lb.reason or "subnets" in lb.reason


def test_without_details_terraforms_own_reason_is_told() -> None:
    assert (
        one("replace", "cannot_update").reason == "replace: a change that AWS can't make in place"
    )
    assert one("replace", "tainted").reason.startswith("replace: its creation failed")
    assert one("delete", "delete_because_each_key").reason == "delete: no longer in deploy.toml"
    assert one("delete", "some_new_reason").reason == "delete: some new reason"


def test_creation_and_deletion() -> None:
    assert (one("create").sign, one("create").reason) == ("+", "new")
    assert (one("delete").sign, one("delete").reason) == ("-", "delete: no longer wanted")


def test_one_changed_attribute_shows_its_values() -> None:
    change = one("update", before={"a": 1, "b": 2}, after={"a": 1, "b": 3})
    assert (change.reason, change.before, change.after) == ("changed: b", "2", "3")


def test_an_attribute_of_a_block_is_named_with_it() -> None:
    before = {"health_check": [{"path": "/a", "interval": 5}]}
    after = {"health_check": [{"path": "/b", "interval": 5}]}
    marks: dict[str, Any] = {"health_check": [{}]}
    change = one("update", before=before, after=after, before_sensitive=marks)
    assert change.reason == "changed: health_check.path"
    assert (change.before, change.after) == ("/a", "/b")


def test_a_sensitive_value_is_never_shown() -> None:
    hidden: tuple[Any, ...] = (True, {"b": True}, {"b": [{"c": True}]})
    for marks in hidden:
        change = one("update", before={"b": "s3cret"}, after={"b": "n3w"}, after_sensitive=marks)
        assert (change.before, change.after) == ("[REDACTED]", "[REDACTED]")


def test_a_value_that_is_not_known_yet_is_not_shown_as_one() -> None:
    change = one("update", before={"b": 1}, after={}, after_unknown={"b": True})
    assert (change.reason, change.before, change.after) == ("changed: b", None, None)


def test_details_are_only_asked_for_where_attributes_change() -> None:
    assert changes.needs_details(PLANNED)
    assert not changes.needs_details([{"action": "create"}, {"action": "delete"}])
