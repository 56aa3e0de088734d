"""What every change of an environment happens in: its lock, and its record in the journal."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from deploy.aws import Aws
from deploy.config.model import Config
from deploy.events import Emit, Finished, Note
from deploy.locking import changing, this_run
from deploy.objects import Objects
from deploy.release import hold
from deploy.release.journal import Journal
from deploy.release.record import Kind, Record, ServiceRecord, SiteRecord, new_id
from deploy.target import Target


@dataclass
class Applying:
    """One run that may change an environment: who, what, and the journal it writes.

    Made before the plan is shown, so that the journal takes the plan in; nothing is written and
    nothing is locked before `change`. `wait` is how long another's lock is waited for, in seconds.
    """

    config: Config
    kind: Kind
    tell: Emit
    wait: float = 0
    seen: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.who = this_run()
        self.journal = Journal(self._record(), now=time.time)
        self.emit = self.journal.emit(self.tell)

    def _record(self) -> Record:
        now = time.time()
        return Record(
            id=new_id(now, f"{random.getrandbits(28):07x}"),
            kind=self.kind,
            environment=self.config.environment.name,
            by=self.who.by,
            host=self.who.host,
            started=now,
        )

    def returns_to(self, release: str) -> None:
        """Take in which release a rollback returns to."""
        self.journal.record = replace(self.journal.record, origin=release)

    def look(self, aws: Aws, target: Target) -> None:
        """Remember how often the environment was changed, before a plan is made."""
        self.seen = hold.read(Objects(aws.http, target.records)).token

    @contextmanager
    def change(
        self,
        target: Target,
        parts: Sequence[Aws],
        services: Mapping[str, ServiceRecord],
        sites: Mapping[str, SiteRecord],
    ) -> Iterator[bool]:
        """Hold the lock and keep the journal while the block runs; `parts` write only within.

        Yields whether another run changed the environment since `look`: then the plan is to be
        made again. The block ends with `finish`; if it raises, that is what the journal says.
        Raises LockedError if another run holds the lock, PreflightError if nothing can be recorded.
        """
        from deploy import git
        from deploy.release import archive

        objects = Objects(parts[0].http, target.records)
        held = changing(target, parts, self.tell, wait=self.wait, reason=self.kind, who=self.who)
        with held as found:
            now = parts[0].http.server_time
            for record in archive.close_unfinished(objects, held=True, now=now):
                self.tell(Note(_cut_off(record), "warning"))
            commit = git.head(self.config.root)
            self.journal.record = replace(
                self.journal.record,
                commit=commit.sha,
                dirty=commit.dirty,
                services=dict(services),
                sites=dict(sites),
            )
            with self.journal.recorded(objects, token=found.token, check=found.check):
                yield found.token != self.seen + 1

    def finish(self, end: Finished) -> Finished:
        """Store how the run ended."""
        self.journal.finish(end.outcome, end.exit_code, end.summary)
        return end


def _cut_off(record: Record) -> str:
    phase = f" in {', '.join(record.running)}" if record.running else ""
    return f"release {record.id} of {record.by} was cut off{phase}; this run goes on from there"
