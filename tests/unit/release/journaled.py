"""A bucket in memory that holds records, for what is tested on top of it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from deploy.objects import Got
from deploy.release.record import Record, key_of, parse

STARTED = 1_795_335_312.0  # 2026-11-22T08:15:12Z
ID = "20261122T081512Z-3f9a1c2"
RECORD = Record(ID, "deploy", "local", "ada", "laptop", STARTED, commit="0123abcd0123")


@dataclass
class Shelf:
    """Conditional writes as S3 has them. `before` runs before each write, and may raise or wait."""

    before: Callable[[bytes], None] = lambda _body: None
    bodies: list[bytes] = field(default_factory=list)
    etags: dict[str, int] = field(default_factory=dict)
    found: dict[str, bytes] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: str) -> Got | None:
        with self.lock:
            return Got(self.found[key], str(self.etags[key])) if key in self.found else None

    def put_if(self, key: str, body: bytes, content_type: str, etag: str | None) -> str | None:
        self.before(body)
        with self.lock:
            if etag != (str(self.etags[key]) if key in self.found else None):
                return None
            return self.write(key, body)

    def write(self, key: str, body: bytes) -> str:
        self.found[key] = body
        self.etags[key] = self.etags.get(key, 0) + 1
        self.bodies.append(body)
        return str(self.etags[key])

    @property
    def record(self) -> Record:
        return parse(self.found[key_of(ID)])

    @property
    def states(self) -> list[Record]:
        return [parse(body) for body in self.bodies]
