"""The environment's lock, `lock.json`: who may change the environment. Pure.

It is changed by conditional PUTs only (compare-and-swap), so each function here takes what was
read and returns what to write in its place, None if nothing may be. All may be repeated, and
recognise what an earlier attempt of the same run has written.

The object stays when the lock is free: its `token` grows by one with each new holder, and tells
which of two runs is the later one. A run's claim is a lease, so a run that was killed blocks nobody
for long; a freeze, which a person takes, has no lease.

All times are Unix seconds by the server's clock, never by that of one of the machines.
"""

import json
from typing import Any, NamedTuple

from deploy.errors import LockedError, PreflightError
from deploy.values import as_json

KEY = "lock.json"
LEASE = 60.0  # seconds that a claim holds without being renewed
# What another run's lease is given on top. Replies tell the server's time in whole seconds, so two
# machines may differ by one in what they read there; the other one is for the reply's way.
SLACK = 2.0  # seconds
FORMAT = 1  # of the JSON; raised when an older Shipway cannot read it any more
MINUTE, HOUR, DAY = 60, 3600, 86400


class Holder(NamedTuple):
    """A run, or the person who froze the environment. `id` is unique for each."""

    id: str
    by: str
    host: str

    @property
    def name(self) -> str:
        return f"{self.by}@{self.host}"


class Lock(NamedTuple):
    """`token` is the holder's, or the last holder's; 0 before the first.

    `reason` is why it is held ("deploy"), `since` when that began. The lease ends at `until`; None
    is a freeze.
    """

    token: int = 0
    holder: Holder | None = None
    reason: str = ""
    since: float = 0.0
    until: float | None = 0.0


def parse(data: bytes | None) -> Lock:
    """Parse lock.json; None, if there is none yet, is a free lock.

    Raises PreflightError if it is damaged or of a newer format.
    """
    if data is None:
        return Lock()
    try:
        fields: dict[str, Any] = json.loads(data)
        if fields.pop("format") != FORMAT:
            raise PreflightError(
                "this environment was locked by a newer Shipway",
                remedy="use that version, or a newer one",
            )
        holder = Holder(**fields["holder"]) if fields["holder"] else None
        return Lock(**fields | {"holder": holder})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PreflightError(
            f"{KEY} is damaged ({error})",
            remedy="bring back its version before, which the bucket has kept",
        ) from error


def serialize(lock: Lock) -> bytes:
    """Return the JSON that `parse` takes."""
    return json.dumps({"format": FORMAT, **as_json(lock)}, indent=1).encode() + b"\n"


def holder(lock: Lock, now: float) -> Holder | None:
    """Return who holds the lock at `now`, None if nobody does (any more)."""
    expired = lock.until is not None and lock.until + SLACK <= now
    return None if expired else lock.holder


def left_behind(lock: Lock, now: float) -> Holder | None:
    """Return the run that did not let the lock go and whose lease has ended, as after kill -9."""
    return lock.holder if lock.holder and not holder(lock, now) else None


def claim(lock: Lock, who: Holder, now: float, *, reason: str, lease: float | None) -> Lock | None:
    """Return the lock held by `who` for `lease` seconds (None: until it is let go).

    None if another holds it. A lock that `who` has already keeps its token.
    """
    until = None if lease is None else now + lease
    if lock.holder and lock.holder.id == who.id:
        return lock._replace(reason=reason, until=until)
    if holder(lock, now):
        return None
    return Lock(lock.token + 1, who, reason, since=now, until=until)


def freeze(lock: Lock, who: Holder, now: float, *, reason: str) -> Lock | None:
    """Return the lock held by `who` until it is let go, None if another holds it.

    One's own freeze gets the new reason.
    """
    own = lock.holder if lock.until is None and _is_of(lock, who) else None
    return claim(lock, own or who, now, reason=reason, lease=None)


def renew(lock: Lock, who: Holder, now: float, *, lease: float) -> Lock | None:
    """Return the lock with the lease renewed, None if `who` does not hold it any more."""
    return lock._replace(until=now + lease) if has(lock, who) else None


def release(lock: Lock, who: Holder) -> Lock | None:
    """Return the lock let go, None if `who` does not hold it any more."""
    return free(lock) if has(lock, who) else None


def may_free(lock: Lock, who: Holder, now: float) -> bool:
    """Whether a person may let the lock go without force: their freeze, or a lease that ended."""
    return not holder(lock, now) or (lock.until is None and _is_of(lock, who))


def free(lock: Lock) -> Lock | None:
    """Return the lock let go, whoever holds it; None if nobody does."""
    return Lock(lock.token) if lock.holder else None


def has(lock: Lock, who: Holder) -> bool:
    """Whether the lock was not taken from `who`, even if the lease has ended."""
    return lock.holder is not None and lock.holder.id == who.id


def _is_of(lock: Lock, who: Holder) -> bool:
    return lock.holder is not None and lock.holder.name == who.name


def described(lock: Lock, now: float) -> str:
    """Return who has it, why and since when: "ada@laptop, deploy since 2 min"."""
    if lock.holder is None:
        return "nobody"
    since = f"since {ago(now - lock.since)}"
    if lock.until is None:
        return f"{lock.holder.name}, freeze {since}: {lock.reason}"
    return f"{lock.holder.name}, {lock.reason} {since}"


def lease_left(lock: Lock, now: float) -> float:
    """Return the seconds after which another may have the lock if it is not renewed."""
    return max(0.0, (lock.until or 0.0) + SLACK - now)


def refusal(lock: Lock, now: float, environment: str) -> LockedError:
    """Return what a run is told that may not change the environment now."""
    message = f"environment {environment} is locked: {described(lock, now)}"
    wait = "wait with `--wait-for-lock 600`"
    if lock.until is None:
        typed = command("lock.release", environment)
        return LockedError(message, remedy=f"when it may change again: `{typed}`; or {wait}")
    left = f"{lease_left(lock, now):.0f} s"
    return LockedError(message, remedy=f"{wait}; if that run was killed, its lease ends in {left}")


def unforced(lock: Lock, now: float, environment: str) -> LockedError:
    """Return what a person is told who may not let the lock go."""
    typed = f"`{command('lock.release', environment)} --force`"
    ask = "ask them"
    if lock.until is not None:
        ask = "it lets go when it ends, and its lease ends soon if it was killed"
    return LockedError(
        f"environment {environment} is locked by another: {described(lock, now)}",
        remedy=f"{ask}; without their consent: {typed}, and a run stops before its next write",
    )


def command(task: str, environment: str) -> str:
    """Return what a person types for a task of the environment."""
    return f"invoke {task}" + ("" if environment == "local" else f" --env {environment}")


def ago(seconds: float) -> str:
    """Return a length of time in its largest unit: "40 s", "2 min", "3 h", "4 days"."""
    units = ((DAY, "day"), (HOUR, "h"), (MINUTE, "min"))
    for size, unit in units:
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' * (unit == 'day' and count > 1)}"
    return f"{max(0, int(seconds))} s"
