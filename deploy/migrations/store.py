"""Keeps what is known of the databases, in the environment's records bucket."""

from typing import Protocol

from deploy.migrations.record import MigrationRecord, key_of, parse, serialize


class Found(Protocol):
    @property
    def body(self) -> bytes: ...


class Objects(Protocol):
    """A bucket, as `deploy.objects.Objects` is one."""

    def get(self, key: str, /) -> Found | None: ...
    def write(self, key: str, body: bytes, content_type: str, /) -> None: ...


def load(objects: Objects, service: str) -> MigrationRecord | None:
    """Return what is known of a service's database, None if nothing is."""
    found = objects.get(key_of(service))
    return parse(found.body) if found else None


def store(objects: Objects, service: str, record: MigrationRecord) -> None:
    """Keep what is known now. Only who holds the environment's lock calls this."""
    objects.write(key_of(service), serialize(record), "application/json")
