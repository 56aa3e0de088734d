"""The registered targets of every target group."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from localcloud.elb.health import (
    DEREGISTERING,
    NEW,
    NOT_IN_USE,
    NOT_REGISTERED,
    CheckResult,
    Health,
    describe,
    observe,
)
from localcloud.elb.model import TargetGroup
from localcloud.ports import Address, TargetState


@dataclass(frozen=True)
class Key:
    """What identifies a target: the group's ARN, the target's id (an IP address) and port."""

    group: str
    target: str
    port: int


@dataclass(frozen=True)
class Entry:
    """One target. `drain_until` is the clock's time at which it is forgotten."""

    address: Address
    health: Health = NEW
    drain_until: float | None = None


class TargetRegistry:
    """Implements `localcloud.ports.Targets`.

    `clock` returns seconds; `on_change` is called when a target comes or goes.
    """

    def __init__(self, clock: Callable[[], float], on_change: Callable[[], None]) -> None:
        self._clock = clock
        self._on_change = on_change
        self._entries: dict[Key, Entry] = {}
        self._groups: Mapping[str, TargetGroup] = {}
        self._used: frozenset[str] = frozenset()

    def apply(self, groups: Mapping[str, TargetGroup], used: frozenset[str]) -> None:
        """Take over the target groups as they are now, and the ARNs of those forwarded to."""
        self._groups, self._used = groups, used
        for key in [key for key in self._entries if key.group not in groups]:
            del self._entries[key]
        self._on_change()

    def group(self, arn: str) -> TargetGroup | None:
        return self._groups.get(arn)

    def register(self, group_arn: str, target_id: str, port: int, address: Address) -> None:
        key = Key(group_arn, target_id, port)
        entry = self._live(key)
        if entry is None or entry.drain_until is not None or entry.address != address:
            self._entries[key] = Entry(address)
            self._on_change()

    def deregister(self, group_arn: str, target_id: str, port: int) -> None:
        """Drain the target. It is shown as draining until the delay is over.

        https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay
        """
        key = Key(group_arn, target_id, port)
        entry = self._live(key)
        if entry is None or entry.drain_until is not None:
            return
        group = self._groups.get(group_arn)
        delay = group.deregistration_delay if group and group_arn in self._used else 0
        self._entries[key] = replace(entry, drain_until=self._clock() + delay)
        self._on_change()

    def state(self, group_arn: str, target_id: str, port: int) -> tuple[TargetState, str]:
        health = self.health(Key(group_arn, target_id, port))
        return health.state, health.reason

    def drained(self, group_arn: str, target_id: str, port: int) -> bool:
        return self.state(group_arn, target_id, port)[0] is not TargetState.DRAINING

    def health(self, key: Key) -> Health:
        """Return the health as DescribeTargetHealth shows it."""
        entry = self._live(key)
        if entry is None:
            return _shown(TargetState.UNUSED, NOT_REGISTERED)
        if entry.drain_until is not None:
            return _shown(TargetState.DRAINING, DEREGISTERING)
        if key.group not in self._used:
            return _shown(TargetState.UNUSED, NOT_IN_USE)
        return entry.health

    def of_group(self, arn: str) -> list[Key]:
        """Return the targets of a group, the draining ones included, in order of registration."""
        return [key for key in list(self._entries) if key.group == arn and self._live(key)]

    def routable(self, arn: str) -> list[tuple[Address, TargetState]]:
        return [(self._entries[key].address, self.health(key).state) for key in self.of_group(arn)]

    def ends(self, arn: str, address: Address) -> float | None:
        """Return the clock's time at which requests to `address` are cut off, None for never."""
        found = [e.drain_until for k, e in self._entries.items()
                 if k.group == arn and e.address == address]  # fmt: skip
        times = [time for time in found if time is not None]
        return None if len(times) < len(found) else max(times, default=self._clock())

    def probed(self) -> Iterator[tuple[Key, Address]]:
        """Yield the targets that are to be checked."""
        for key, entry in self._entries.items():
            if entry.drain_until is None and key.group in self._used and key.group in self._groups:
                yield key, entry.address

    def observe(self, key: Key, address: Address, result: CheckResult) -> None:
        """Take the result of a check, unless the target was replaced meanwhile."""
        entry = self._live(key)
        group = self._groups.get(key.group)
        if entry and group and entry.drain_until is None and entry.address == address:
            health = observe(entry.health, result, group.check)
            self._entries[key] = replace(entry, health=health)

    def _live(self, key: Key) -> Entry | None:
        entry = self._entries.get(key)
        if entry and entry.drain_until is not None and self._clock() >= entry.drain_until:
            del self._entries[key]
            return None
        return entry


def _shown(state: TargetState, reason: str) -> Health:
    return Health(state, reason, describe(reason))
