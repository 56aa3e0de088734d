"""Build or reuse, and what a rebuild is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.errors import PreflightError
from deploy.image.plan import FoundImage, changes, newest, plan_image
from deploy.image.source import MAX_REBUILDS, rebuilt_tag
from deploy.target import ServiceTarget

TAG = "src-0123456789abcdef0123"


def found(number: int = 0) -> FoundImage:
    return FoundImage(tag=rebuilt_tag(TAG, number), digest=f"sha256:{number:064x}")


def test_an_unknown_source_is_built(target: ServiceTarget) -> None:
    plan = plan_image(target, TAG, None)
    assert (plan.action, plan.tag, plan.digest, plan.fresh) == ("build", TAG, "", False)
    (change,) = changes(plan)
    assert (change.sign, change.reason) == ("+", f"no image has source tag {TAG}")


def test_a_known_source_is_reused_by_its_digest(target: ServiceTarget) -> None:
    plan = plan_image(target, TAG, found(), dirty=True)
    assert (plan.action, plan.tag, plan.digest) == ("reuse", TAG, found().digest)
    (change,) = changes(plan)
    assert (change.sign, change.reason) == ("=", f"source tag {TAG} is already in the repository")


def test_a_rebuild_gets_a_tag_of_its_own_and_a_fresh_build(target: ServiceTarget) -> None:
    plan = plan_image(target, TAG, found(), rebuild=True)
    assert (plan.action, plan.tag, plan.fresh) == ("build", f"{TAG}-r1", True)
    assert plan.reason.startswith("--rebuild")


def test_a_rebuild_of_what_is_not_there_is_a_first_build(target: ServiceTarget) -> None:
    plan = plan_image(target, TAG, None, rebuild=True)
    assert (plan.action, plan.tag, plan.fresh) == ("build", TAG, True)


@given(st.sets(st.integers(0, MAX_REBUILDS), min_size=1))
def test_the_next_plain_deploy_takes_the_last_rebuild(numbers: set[int]) -> None:
    assert newest([found(number) for number in numbers]) == found(max(numbers))


@given(st.integers(0, MAX_REBUILDS - 1))
def test_a_rebuild_is_newer_than_all_before_it(number: int) -> None:
    target = ServiceTarget("backend", "s", "f", "r", "u", "e", "t", "l", "", "", 1)
    plan = plan_image(target, TAG, found(number), rebuild=True)
    built = FoundImage(plan.tag, "sha256:new")
    assert newest([found(number), built]) == built


def test_too_many_rebuilds_are_refused(target: ServiceTarget) -> None:
    with pytest.raises(PreflightError) as caught:
        plan_image(target, TAG, found(MAX_REBUILDS), rebuild=True)
    assert caught.value.remedy


def test_uncommitted_changes_are_told_of_a_build(target: ServiceTarget) -> None:
    assert "uncommitted" in plan_image(target, TAG, None, dirty=True).reason
