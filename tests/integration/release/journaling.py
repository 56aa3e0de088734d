"""A run that journals, in a process of its own, and is killed at one of its writes.

python -m tests.integration.release.journaling ENDPOINT BUCKET ID WHEN NUMBER

Each phase leaves an object `done/<phase>`: what it changed in the world. WHEN is "before" or
"after"; the process kills itself there, at write NUMBER of its record (from 0), with SIGKILL.
"""

import os
import signal
import sys
import time

from deploy.events import Change, PhaseEnded, PhaseStarted, PlanShown
from deploy.objects import Objects
from deploy.release.journal import Journal
from deploy.release.record import PREFIX, Record, ServiceRecord, SiteRecord
from tests.integration.release.contender import http_at

PHASES = ("push", "rollout api", "publish web", "prune web")
STARTED = 1_795_335_312.0


class Deadly(Objects):
    """A bucket whose writer is killed at a write of a record."""

    when, number, writes = "", -1, 0

    def put_if(self, key: str, body: bytes, content_type: str, etag: str | None) -> str | None:
        if not key.startswith(PREFIX):
            return super().put_if(key, body, content_type, etag)
        here = self.writes == self.number
        self.writes += 1
        if here and self.when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        stored = super().put_if(key, body, content_type, etag)
        if here:
            os.kill(os.getpid(), signal.SIGKILL)
        return stored


def record(release: str) -> Record:
    return Record(release, "deploy", "local", "ada", "laptop", STARTED, commit="0123abcd0123")


def work(objects: Objects, release: str) -> None:
    journal = Journal(record(release), now=time.time)
    emit = journal.emit(lambda _event: None)
    emit(PlanShown("deploy", (Change("~", "service api", "another image", "old", "new"),)))
    with journal.recorded(objects, token=1):
        for phase in PHASES:
            emit(PhaseStarted(phase))
            objects.write(f"done/{release}/{phase}", b"", "text/plain")
            emit(PhaseEnded(phase, ok=True, seconds=1))
        journal.service("api", ServiceRecord("arn:2", before="arn:1", outcome="succeeded"))
        journal.site("web", SiteRecord("r2", "r1", "succeeded"))
        journal.finish("succeeded", 0, "all of it")


def main() -> None:
    endpoint, bucket, release, when, number = sys.argv[1:]
    objects = Deadly(http_at(endpoint), bucket)
    objects.when, objects.number = when, int(number)
    work(objects, release)


if __name__ == "__main__":
    main()
