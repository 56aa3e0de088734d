"""Programs that want an environment's lock, in processes of their own.

python -m tests.integration.release.contender race ENDPOINT BUCKET FOLDER CONTENDERS ROUNDS
python -m tests.integration.release.contender write ENDPOINT BUCKET NAME LEASE
"""

import multiprocessing
import os
import sys
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from multiprocessing.synchronize import Barrier
from pathlib import Path

from deploy.connections import Connections
from deploy.credentials import CredentialChain
from deploy.errors import LockedError, LockLostError
from deploy.events import Emit
from deploy.objects import Objects
from deploy.release.hold import Hold, locked
from deploy.release.lock import LEASE, Holder
from deploy.signed_http import SignedHttp

PATIENCE = 60.0  # seconds that contenders wait for each other
PAUSE = 0.05  # seconds, at most, between attempts at a request


def http_at(endpoint: str, sleep: Callable[[float], None] = time.sleep) -> SignedHttp:
    return SignedHttp(
        "us-east-1",
        endpoint,
        credentials=CredentialChain({}, local=True),
        connections=Connections({}),
        clock=time.time,
        sleep=lambda seconds: sleep(min(seconds, PAUSE)),
    )


def contend(
    http: SignedHttp,
    bucket: str,
    name: str,
    *,
    wait: float = 0,
    lease: float = LEASE,
    emit: Emit = lambda _event: None,
    sleep: Callable[[float], None] = time.sleep,
) -> AbstractContextManager[Hold]:
    """Want the lock of the environment whose records are in `bucket`."""
    return locked(
        Objects(http, bucket),
        who=Holder(uuid.uuid4().hex, name, "here"),
        emit=emit,
        wait=wait,
        reason="deploy",
        clock=time.monotonic,
        now=http.server_time,
        sleep=sleep,
        lease=lease,
    )


def race(endpoint: str, bucket: str, folder: Path, contenders: int, rounds: int) -> None:
    """Let all want the lock at once in each round; who has it keeps it until all were refused."""
    fork = multiprocessing.get_context("fork")
    start, tried = fork.Barrier(contenders), fork.Barrier(contenders)

    def run(number: int) -> None:
        http = http_at(endpoint)
        for turn in range(rounds):
            start.wait(PATIENCE)
            try:
                with contend(http, bucket, str(number)) as hold:
                    won(folder, f"{turn} {number} {hold.token}\n", tried)
            except LockedError:
                tried.wait(PATIENCE)

    racers = [fork.Process(target=run, args=(number,)) for number in range(contenders)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    sys.exit(max(racer.exitcode or 0 for racer in racers))


def won(folder: Path, line: str, tried: Barrier) -> None:
    """Tell of a round that was won. Whoever finds another's marker says so."""
    marker = folder / "holder"
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        (folder / f"overlap {line.strip()}").touch()
    with (folder / "won").open("a") as file:
        file.write(line)
    tried.wait(PATIENCE)
    marker.unlink()


def write(endpoint: str, bucket: str, name: str, lease: float) -> None:
    """Hold the lock, and under its fence write objects until the end: `<name>/0`, `<name>/1` ...

    Says "held" and its token, then "lost" if the lock was lost, with the number of its objects.
    """
    http = http_at(endpoint)
    with suppress(KeyboardInterrupt), contend(http, bucket, name, lease=lease) as hold:
        print("held", hold.token, flush=True)
        objects = Objects(http.fenced(hold.check), bucket)
        written = 0
        try:
            while True:
                objects.write(f"{name}/{written}", b"", "text/plain")
                written += 1
                threading.Event().wait(0.01)
        except LockLostError:
            print("lost", written, flush=True)


if __name__ == "__main__":
    kind, endpoint, bucket, name, *numbers = sys.argv[1:]
    if kind == "race":
        race(endpoint, bucket, Path(name), *map(int, numbers))
    else:
        write(endpoint, bucket, name, float(numbers[0]))
