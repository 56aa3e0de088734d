"""One site with a bucket and a distribution of its own, deployed as `invoke deploy-frontend` does.

As a program it deploys in a process of its own, for tests that kill it.
"""

import hashlib
import json
import os
import re
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import boto3

from deploy.config.model import Site
from deploy.connections import Connections
from deploy.credentials import CredentialChain
from deploy.events import Emit, Event, Note
from deploy.outcome import Outcome
from deploy.signed_http import SignedHttp
from deploy.site.bucket import Bucket
from deploy.site.distribution import Distribution
from deploy.site.invalidate import invalidate
from deploy.site.manifest import File, Headers
from deploy.site.plan import SitePlan
from deploy.site.pointer import Run
from deploy.site.prune import prune
from deploy.site.publish import Author, Published, publish
from deploy.site.reading import read
from deploy.site.rollback import plan_rollback, rollback
from deploy.site.survey import survey
from deploy.site.upload import upload
from deploy.site.workers import pause

REGION = "us-east-1"
HEADERS = Headers("text/javascript; charset=utf-8", "public, max-age=31536000, immutable")
REFERENCE = re.compile(r'(?:src|href)="/([^"]+)"')


@cache
def client(endpoint: str, service: str) -> Any:
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def site_file(key: str, body: bytes, headers: Headers = HEADERS) -> File:
    return File(key, len(body), hashlib.sha256(body).hexdigest(), headers, "immutable")


def bucket_at(endpoint: str, name: str, sleep: Callable[[float], None] = pause) -> Bucket:
    http = SignedHttp(
        REGION,
        endpoint,
        credentials=CredentialChain({}, local=True),
        connections=Connections({}),
        clock=time.time,
        sleep=sleep,
    )
    return Bucket(http, name)


@dataclass
class Deployer:
    """One person's deploys of `site`. `ahead` is how far (seconds) their clock is ahead."""

    site: Site
    endpoint: str
    bucket_name: str
    distribution: str
    lease: float = 60.0
    timeout: float = 10.0
    ahead: float = 0.0
    pause: float = 0.0  # seconds, at most, between attempts
    emit: Emit = lambda _event: None
    name: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __post_init__(self) -> None:
        self.bucket = bucket_at(self.endpoint, self.bucket_name, self._sleep)

    def _sleep(self, seconds: float) -> None:
        pause(min(seconds, self.pause))

    def now(self) -> float:
        return time.time() + self.ahead

    @property
    def author(self) -> Author:
        return Author(Run(uuid.uuid4().hex, "tester", self.name), "0123abc")

    def survey(self, **options: bool) -> SitePlan:
        with read(self.site, self.site.root / ".shipway") as files:
            return survey(self.bucket, self.site, files, **options)

    def upload(self, plan: SitePlan) -> tuple[Any, ...]:
        return upload(plan, self.site, self.bucket, self.emit, clock=time.monotonic)

    def publish(self, plan: SitePlan, uploaded: tuple[Any, ...] = ()) -> Published:
        return publish(
            plan,
            uploaded,
            self.site,
            self.bucket,
            self.emit,
            author=self.author,
            clock=time.monotonic,
            now=self.now,
            lease=self.lease,
        )

    def finish(self, published: Published) -> Published:
        """Invalidate what was published, and prune."""
        if published.release:
            invalidate(
                self.bucket,
                self.site.name,
                published.release.id,
                published.pending,
                distribution=Distribution(self.bucket.http, self.distribution),
                emit=self.emit,
                clock=time.monotonic,
                sleep=self._sleep,
                timeout=self.timeout,
            )
        if published.outcome is Outcome.SUCCEEDED:
            self.prune()
        return published

    def prune(self) -> int:
        return prune(
            self.bucket,
            self.site,
            self.emit,
            run=self.author.run,
            clock=time.monotonic,
            now=self.now,
            lease=self.lease,
        )

    def deploy(self, **options: bool) -> Published:
        plan = self.survey(**options)
        return self.finish(self.publish(plan, self.upload(plan)))

    def rollback(self, to: str | None = None) -> Published:
        planned = plan_rollback(self.bucket, self.site, to=to)
        return self.finish(
            rollback(
                planned,
                self.bucket,
                self.emit,
                author=self.author,
                clock=time.monotonic,
                now=self.now,
                lease=self.lease,
            )
        )


@dataclass
class World:
    """A site's folder, and what visitors and its owner can see of it in the cloud."""

    endpoint: str
    folder: Path
    bucket: str
    distribution: str
    events: list[Event] = field(default_factory=list)

    @property
    def site(self) -> Site:
        root = self.folder / "site"
        return Site(name="frontend", root=root, output=root / "dist", build=())

    def deployer(self, endpoint: str = "", **options: Any) -> Deployer:
        given = {"site": self.site, "emit": self.events.append, **options}
        return Deployer(
            endpoint=endpoint or self.endpoint,
            bucket_name=self.bucket,
            distribution=self.distribution,
            **given,
        )

    @property
    def warnings(self) -> list[str]:
        notes = (event for event in self.events if isinstance(event, Note))
        return [note.text for note in notes if note.level == "warning"]

    def write(self, key: str, text: str) -> None:
        path = self.site.output / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def release(
        self,
        version: str,
        *,
        assets: int = 6,
        pages: int = 2,
        more: Mapping[str, str] | None = None,
    ) -> None:
        """Write the build of a version: pages that name hashed assets, and files beside them."""
        for old in [*self.site.output.rglob("*")]:
            if old.is_file():
                old.unlink()
        names = [self.asset(f"{version} asset {number}") for number in range(assets)]
        tags = "".join(f'<script src="/{name}"></script>' for name in names)
        for number in range(pages):
            name = "index.html" if number == 0 else f"page{number}.html"
            self.write(name, f"<title>{version}</title>{tags}")
        self.write("config.json", json.dumps({"version": version}))
        self.write("robots.txt", "User-agent: *\n")
        for key, text in (more or {}).items():
            self.write(key, text)

    def asset(self, text: str) -> str:
        """Write a file whose name holds its content's hash; return its key."""
        key = f"assets/index-{hashlib.sha256(text.encode()).hexdigest()[:8]}.js"
        self.write(key, text)
        return key

    @property
    def s3(self) -> Any:
        return client(self.endpoint, "s3")

    def body(self, key: str) -> str:
        return str(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode())

    def objects(self) -> set[str]:
        """The keys that visitors can ask for."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        found = {item["Key"] for page in pages for item in page.get("Contents", ())}
        return {key for key in found if not key.startswith(".shipway/")}

    @property
    def pointer(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body(".shipway/live.json"))
        return found

    def whole(self, page: str = "index.html") -> str:
        """Load a page and all that it names, as a browser does; return its version."""
        text = self.body(page)
        for key in REFERENCE.findall(text):
            content = self.body(key)
            assert hashlib.sha256(content.encode()).hexdigest()[:8] in key, key
        return text.partition("<title>")[2].partition("</title>")[0]

    def program(self, endpoint: str, lease: float) -> tuple[tuple[str, ...], dict[str, str]]:
        """Return the command, and its environment, that deploys in a process of its own."""
        given = [endpoint, self.bucket, self.distribution, str(self.folder), str(lease)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        return (sys.executable, "-m", "tests.integration.site.world", *given), environment


def main() -> None:
    endpoint, bucket, distribution, folder, lease = sys.argv[1:]
    world = World(endpoint, Path(folder), bucket, distribution)
    published = world.deployer(lease=float(lease), pause=0.1).deploy()
    print(published.outcome.label, flush=True)


if __name__ == "__main__":
    main()
