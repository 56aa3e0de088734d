"""The environment's lock: held by every run that changes it, and taken and let go by people."""

import getpass
import json
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from deploy.aws import Aws
from deploy.command import seconds
from deploy.config.model import Config
from deploy.environment import read_target
from deploy.errors import ConfigError
from deploy.events import Emit, Note
from deploy.objects import Objects
from deploy.release import hold
from deploy.release.lock import (
    LEASE,
    Holder,
    Lock,
    command,
    described,
    free,
    holder,
    lease_left,
    left_behind,
    may_free,
    unforced,
)
from deploy.target import Target
from deploy.values import as_json


def this_run() -> Holder:
    """Return who this process acts for, with an id of its own."""
    return Holder(os.urandom(16).hex(), _user(), socket.gethostname())


def _user() -> str:
    """https://docs.github.com/en/actions/reference/workflows-and-actions/variables"""
    try:
        return os.environ.get("GITHUB_ACTOR") or getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"


def wait_seconds(text: str) -> float:
    """Return what `--wait-for-lock` was given, in seconds. Raises ConfigError if it is no time."""
    return 0.0 if text == "0" else seconds("--wait-for-lock", text)


def reason_given(text: str) -> str:
    """Return a freeze's reason in one line. Raises ConfigError if there is none."""
    reason = " ".join(text.split())
    if not reason:
        raise ConfigError("a freeze needs a reason", remedy='add --reason "what others wait for"')
    return reason


@contextmanager
def changing(
    target: Target,
    parts: Sequence[Aws],
    emit: Emit,
    *,
    wait: float,
    reason: str,
    who: Holder | None = None,
    lease: float = LEASE,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[hold.Hold]:
    """Hold the environment's lock while the block runs; `parts` write only as long as it is held.

    Raises as `deploy.release.hold.locked`. The fence stays when the block ends: then each write of
    `parts` raises LockLostError.
    """
    http = parts[0].http  # of before the fence: it renews the lock
    queue = hold.Queue(emit, wait, clock, http.server_time, sleep, target.environment)
    held = hold.locked(
        Objects(http, target.records), queue, who=who or this_run(), reason=reason, lease=lease
    )
    with held as found:
        for part in parts:
            part.fence(found.check)
        yield found


class Locking:
    """What a person does with the lock of one environment."""

    def __init__(self, config: Config, emit: Emit) -> None:
        self.emit, self.environment = emit, config.environment.name
        self.who = this_run()
        aws = Aws(config)
        aws.check_account()
        self.objects = Objects(aws.http, read_target(aws).records)
        self.now = aws.http.server_time

    def status(self, *, as_json: bool = False) -> int:
        """Tell who holds the lock; as JSON, one object."""
        lock = hold.read(self.objects)
        text = json.dumps(self._fields(lock)) if as_json else self._told(lock)
        self.emit(Note(text))
        return 0

    def _fields(self, lock: Lock) -> dict[str, object]:
        return {
            "environment": self.environment,
            "held": holder(lock, self.now()) is not None,
            "frozen": lock.until is None,
            **as_json(lock),
        }

    def _told(self, lock: Lock) -> str:
        now, name = self.now(), f"environment {self.environment}"
        if other := left_behind(lock, now):
            cut_off = f"{other.name} ({lock.reason}) ended without letting the lock go"
            return f"{name} is free; {cut_off}, and its lease has ended"
        if lock.holder is None:
            return f"{name} is free"
        if lock.until is None:
            end = f"it ends with `{command('lock.release', self.environment)}`"
        else:
            end = f"renewed while it runs, else it ends in {lease_left(lock, now):.0f} s"
        return f"{name} is locked: {described(lock, now)}\n  {end} (token {lock.token})"

    def take(self, reason: str, wait: float = 0) -> int:
        """Freeze the environment. Raises LockedError if another holds it for `wait` seconds."""
        queue = hold.Queue(self.emit, wait, time.monotonic, self.now, time.sleep, self.environment)
        lock = hold.freeze(self.objects, queue, who=self.who, reason=reason)
        self.emit(Note(self._told(lock)))
        return 0

    def release(self, *, force: bool = False) -> int:
        """Let the lock go. Raises LockedError if it is another's, unless `force` is given."""

        def change(lock: Lock) -> Lock | None:
            if not force and not may_free(lock, self.who, self.now()):
                raise unforced(lock, self.now(), self.environment)
            return free(lock)

        before, freed = hold.swap(self.objects, change)
        name = f"environment {self.environment}"
        taken = f"{name} is free; it was locked: {described(before, self.now())}"
        self.emit(Note(taken if freed else f"{name} was free already"))
        return 0
