from dataclasses import replace

import pytest

from localcloud.elb.health import CheckResult, HealthCheck
from localcloud.elb.model import TargetGroup
from localcloud.elb.targets import Key, TargetRegistry
from localcloud.ports import Address, Targets, TargetState

GROUP = TargetGroup("arn:g", "g", "HTTP", 80, HealthCheck(), deregistration_delay=10)
HERE, THERE = Address("127.0.0.1", 4000), Address("127.0.0.1", 4001)
KEY = Key("arn:g", "10.0.0.1", 8000)
TARGET = ("arn:g", "10.0.0.1", 8000)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def registry(clock: Clock) -> TargetRegistry:
    made = TargetRegistry(clock, lambda: None)
    made.apply({"arn:g": GROUP}, frozenset({"arn:g"}))
    return made


def test_it_is_what_ecs_uses(registry: TargetRegistry) -> None:
    targets: Targets = registry
    assert targets.state(*TARGET) == (TargetState.UNUSED, "Target.NotRegistered")
    assert targets.drained(*TARGET)


def test_from_registration_to_healthy(registry: TargetRegistry) -> None:
    registry.register(*TARGET, HERE)
    assert registry.state(*TARGET) == (TargetState.INITIAL, "Elb.RegistrationInProgress")
    registry.observe(KEY, HERE, CheckResult())
    assert registry.state(*TARGET) == (TargetState.HEALTHY, "")
    assert registry.routable("arn:g") == [(HERE, TargetState.HEALTHY)]


def test_registering_again_changes_nothing(registry: TargetRegistry) -> None:
    registry.register(*TARGET, HERE)
    registry.observe(KEY, HERE, CheckResult())
    registry.register(*TARGET, HERE)
    assert registry.state(*TARGET)[0] is TargetState.HEALTHY


def test_a_new_address_starts_anew(registry: TargetRegistry) -> None:
    registry.register(*TARGET, HERE)
    registry.register(*TARGET, THERE)
    registry.observe(KEY, HERE, CheckResult())
    assert registry.state(*TARGET)[0] is TargetState.INITIAL
    assert list(registry.probed()) == [(KEY, THERE)]


def test_it_drains_for_the_delay_and_is_gone(registry: TargetRegistry, clock: Clock) -> None:
    registry.register(*TARGET, HERE)
    registry.deregister(*TARGET)
    assert registry.state(*TARGET) == (TargetState.DRAINING, "Target.DeregistrationInProgress")
    assert not registry.drained(*TARGET)
    assert list(registry.probed()) == []
    clock.now += 9.9
    assert not registry.drained(*TARGET)
    clock.now += 0.2
    assert registry.drained(*TARGET)
    assert registry.of_group("arn:g") == []


def test_deregistering_twice_does_not_prolong_it(registry: TargetRegistry, clock: Clock) -> None:
    registry.register(*TARGET, HERE)
    registry.deregister(*TARGET)
    clock.now += 6
    registry.deregister(*TARGET)
    clock.now += 5
    assert registry.drained(*TARGET)


def test_a_late_check_of_a_draining_target_counts_for_nothing(registry: TargetRegistry) -> None:
    registry.register(*TARGET, HERE)
    registry.deregister(*TARGET)
    registry.observe(KEY, HERE, CheckResult())
    assert registry.state(*TARGET)[0] is TargetState.DRAINING


def test_the_delay_is_the_groups_at_that_moment(registry: TargetRegistry, clock: Clock) -> None:
    registry.apply({"arn:g": replace(GROUP, deregistration_delay=0)}, frozenset({"arn:g"}))
    registry.register(*TARGET, HERE)
    registry.deregister(*TARGET)
    assert registry.drained(*TARGET)


def test_a_group_out_of_use_is_not_checked_and_does_not_drain(registry: TargetRegistry) -> None:
    registry.apply({"arn:g": GROUP}, frozenset())
    registry.register(*TARGET, HERE)
    assert registry.state(*TARGET) == (TargetState.UNUSED, "Target.NotInUse")
    assert list(registry.probed()) == []
    registry.deregister(*TARGET)
    assert registry.state(*TARGET) == (TargetState.UNUSED, "Target.NotRegistered")


def test_the_targets_go_with_their_group(registry: TargetRegistry) -> None:
    registry.register(*TARGET, HERE)
    registry.apply({}, frozenset())
    assert registry.state(*TARGET) == (TargetState.UNUSED, "Target.NotRegistered")


def test_whoever_asked_is_told_of_changes(clock: Clock) -> None:
    told: list[int] = []
    registry = TargetRegistry(clock, lambda: told.append(1))
    registry.apply({"arn:g": GROUP}, frozenset({"arn:g"}))
    registry.register(*TARGET, HERE)
    registry.register(*TARGET, HERE)
    registry.deregister(*TARGET)
    registry.deregister(*TARGET)
    assert len(told) == 3


def test_requests_are_cut_off_when_the_delay_is_over(
    registry: TargetRegistry, clock: Clock
) -> None:
    registry.register(*TARGET, HERE)
    assert registry.ends("arn:g", HERE) is None
    registry.deregister(*TARGET)
    assert registry.ends("arn:g", HERE) == 110
    registry.register(*TARGET, HERE)
    assert registry.ends("arn:g", HERE) is None
    registry.register(*TARGET, THERE)
    assert registry.ends("arn:g", HERE) == 100  # what was there is gone
    registry.register("arn:g", "10.0.0.2", 8000, HERE)
    assert registry.ends("arn:g", HERE) is None


def test_requests_are_cut_off_with_their_target_group(registry: TargetRegistry) -> None:
    registry.register(*TARGET, HERE)
    registry.apply({}, frozenset())
    assert registry.ends("arn:g", HERE) == 100
