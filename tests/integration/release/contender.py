"""Programs that want an environment's lock, in processes of their own.

python -m tests.integration.release.contender race ENDPOINT BUCKET FOLDER CONTENDERS ROUNDS
python -m tests.integration.release.contender obey ENDPOINT BUCKET NAME WAIT LEASE
"""

import multiprocessing
import os
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from multiprocessing.synchronize import Barrier
from pathlib import Path

from deploy.aws import Aws
from deploy.config.model import Config, Environment
from deploy.connections import Connections
from deploy.console import console
from deploy.credentials import CredentialChain
from deploy.errors import LockedError, ShipwayError
from deploy.events import Emit
from deploy.locking import changing
from deploy.objects import Objects
from deploy.release.hold import Hold, Queue, locked
from deploy.release.lock import LEASE, Holder
from deploy.signed_http import SignedHttp
from deploy.target import Target

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
    queue = Queue(emit, wait, time.monotonic, http.server_time, sleep)
    who = Holder(uuid.uuid4().hex, name, "here")
    return locked(Objects(http, bucket), queue, who=who, reason="deploy", lease=lease)


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


def obey(endpoint: str, bucket: str, name: str, wait: float, lease: float) -> int:
    """Hold the lock as a deploy does, and do what stdin says until its end; return the exit code.

    "http" and "boto3" write one object each, `<name>/<line number>`.
    """
    aws = Aws(Config(Path(), "demo", Environment("local", "us-east-1", endpoint=endpoint), {}))
    target = Target("demo", "local", "0" * 12, "us-east-1", "demo", bucket, {})
    with console() as emit:
        who = Holder(uuid.uuid4().hex, name, "here")
        held = changing(target, [aws], emit, wait=wait, reason="deploy", who=who, lease=lease)
        try:
            with held as hold:
                print("held", hold.token, flush=True)
                for number, line in enumerate(sys.stdin):
                    store(aws, line.strip(), bucket, f"{name}/{number}")
                    print("written", flush=True)
        except KeyboardInterrupt:
            return 130
        except ShipwayError as error:
            print(error.message, flush=True)
            return error.exit_code
    return 0


def store(aws: Aws, how: str, bucket: str, key: str) -> None:
    if how == "boto3":
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"")
    else:
        Objects(aws.http, bucket).write(key, b"", "text/plain")


if __name__ == "__main__":
    kind, endpoint, bucket, name, *numbers = sys.argv[1:]
    if kind == "race":
        race(endpoint, bucket, Path(name), *map(int, numbers))
    else:
        sys.exit(obey(endpoint, bucket, name, *map(float, numbers)))
