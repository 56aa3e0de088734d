"""`invoke secrets.set`, `secrets.list`, `secrets.check` and `secrets.unset`.

A value is written and never read: whether a new one differs from the old one is not known.
"""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import BinaryIO

from deploy.aws import Aws
from deploy.command import confirm
from deploy.config.model import Config
from deploy.errors import ConfigError
from deploy.events import Emit, Note
from deploy.secret_names import SHORT, STORES, Reference, accepted, parse, prefix
from deploy.secret_preflight import look
from deploy.secrets.resolve import Seen, is_here, references, set_command, why_missing
from deploy.wording import counted

# https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
# https://docs.aws.amazon.com/general/latest/gr/ssm.html#parameter-store-quotas
LARGEST = {"secretsmanager": 65536, "ssm": 4096}  # bytes
NEXT = "`invoke deploy` rolls out the services that use it"


@dataclass(frozen=True)
class Row:
    """One line of `secrets.list`. `changed` is in Unix seconds, 0 if it is not known."""

    name: str  # as deploy.toml has it
    store: str
    services: tuple[str, ...]
    state: str  # "set", "not looked at", or why a task can't read it
    changed: float = 0


class Secrets:
    """The secrets of one environment."""

    def __init__(self, config: Config, emit: Emit) -> None:
        self.config, self.emit = config, emit
        self.aws = Aws(config)

    @cached_property
    def account(self) -> str:
        """Whose account it is, compared with the environment's."""
        return self.aws.check_account()

    @property
    def _prefix(self) -> str:
        return prefix(self.config.project, self.config.environment.name)

    def store(self, name: str, store: str, value: Callable[[Reference], str]) -> int:
        """Store a secret's value, which `value` is asked for once everything else is right."""
        from deploy.secrets.keep import put

        reference = self.named(name, store)
        seen = self._seen(reference)
        tags = {"project": self.config.project, "environment": self.config.environment.name}
        done = put(self.aws.client, reference, seen, value(reference), tags)
        self.emit(Note(f"{reference.id} in {STORES[reference.store]}: {done}"))
        self.emit(Note(self._next(reference)))
        return 0

    def _next(self, reference: Reference) -> str:
        if self._users(reference):
            return NEXT
        return f'no service uses it yet: secrets = {{ VARIABLE = "{reference.name}" }}'

    def unset(self, name: str, *, force: bool, now: bool, yes: bool) -> int:
        """Delete a secret; what is not there is no error."""
        from deploy.secrets.keep import remove

        reference = self.named(name, "")
        self._check_unset(reference, force=force, now=now)
        seen = self._seen(reference)
        if seen is None or (seen.deleted and not now):
            self.emit(Note(f"{reference.id} was not there"))
            return 0
        confirm(self.config, f"deleting {reference.id}", yes=yes)
        self.emit(Note(f"{reference.id}: {remove(self.aws.client, reference, now=now)}"))
        return 0

    def _check_unset(self, reference: Reference, *, force: bool, now: bool) -> None:
        if now and not self.config.environment.endpoint:
            raise ConfigError(
                "--now is for a local cloud: on AWS a deleted secret can be restored for a while",
                remedy="leave --now out",
            )
        if (users := self._users(reference)) and not force:
            raise ConfigError(
                f"{reference.id} is used by {', '.join(users)}: no task of theirs could start",
                remedy="take it out of `secrets` in deploy.toml and deploy, or add --force",
            )

    def show(self, *, as_json: bool = False) -> int:
        """Show what deploy.toml names and what else the environment has."""
        rows = list(self._rows())
        if as_json:
            found = {"environment": self.aws.environment, "secrets": [asdict(row) for row in rows]}
            self.emit(Note(json.dumps(found)))
            return 0
        for line in lines(rows) if rows else ["no service has secrets, and none are stored"]:
            self.emit(Note(line))
        return 0

    def _rows(self) -> Iterator[Row]:
        from deploy.secrets.keep import stored
        from deploy.secrets.read import read

        users = references(self.config, self.config.services.values())
        region = self.config.environment.region
        here = [each for each in users if is_here(each, region, self.account)]
        found = read(self.aws.client, here) if here else {}
        for each, services in users.items():
            state = why_missing(each, found) or ("set" if each in found else "not looked at")
            seen = found.get(each) or Seen()
            yield Row(each.text, STORES[each.store], tuple(services), state, seen.changed)
        known = {each.id for each in users}
        for name, seen in stored(self.aws.client, self._prefix).items():
            if name not in known and not seen.deleted:
                store = STORES["ssm" if name.startswith("/") else "secretsmanager"]
                yield Row(name.removeprefix(self._prefix), store, (), "set", seen.changed)

    def check(self) -> int:
        """Tell that nothing is missing. Raises PreflightError with what is."""
        services = list(self.config.services.values())
        found = look(self.aws, services, self.account)
        told = f"{counted(len(found), 'secret')} looked for in {self.aws.environment}"
        self.emit(Note(f"{told}, nothing is missing"))
        return 0

    def named(self, name: str, store: str) -> Reference:
        """Return what a name on the command line means. Raises ConfigError if it is none."""
        if store not in ("", *STORES):
            raise ConfigError(f"--store {store} is none", remedy=f"one of: {', '.join(STORES)}")
        if name.startswith("arn:") or ":" in name or not accepted(name):
            raise ConfigError(
                f"{name!r} is no name of a secret",
                remedy="give a short name such as database-url, or a parameter's path",
            )
        if name.startswith("/") and store == "secretsmanager":
            raise ConfigError(f"{name} is a parameter's path", remedy="leave --store out")
        if store == "ssm" and SHORT.fullmatch(name):
            name = f"/{self._prefix}{name}"
        return parse(name, self.config.project, self.config.environment.name)

    def _seen(self, reference: Reference) -> Seen | None:
        from deploy.secrets.read import read

        self.aws.check_account()
        return read(self.aws.client, [reference])[reference]

    def _users(self, reference: Reference) -> list[str]:
        users = references(self.config, self.config.services.values())
        named = [name for each, names in users.items() if each.id == reference.id for name in names]
        return sorted(set(named))


def lines(rows: list[Row]) -> Iterator[str]:
    """Yield the rows in columns, under their headings."""
    table = [("name", "store", "services", "changed (UTC)", "state"), *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        pairs = zip(cells, widths, strict=True)
        yield "  ".join(f"{cell:<{width}}" for cell, width in pairs).rstrip()


def _cells(row: Row) -> tuple[str, ...]:
    when = f"{datetime.fromtimestamp(row.changed, UTC):%Y-%m-%d %H:%M}" if row.changed else "-"
    return row.name, row.store, ", ".join(row.services) or "-", when, row.state


def value_given(config: Config, reference: Reference, stdin: BinaryIO | None = None) -> str:
    """Return a secret's value from stdin, or from a hidden prompt if that is a terminal.

    One line break at its end is left out: `echo` and editors add it. Raises ConfigError if there
    is no value, two that differ, or one that its store can't hold.
    """
    stream = stdin or sys.stdin.buffer
    data = _asked(reference) if stream.isatty() else stream.read()
    try:
        value = data.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise ConfigError("the value is no UTF-8 text", remedy="encode it, as by base64") from None
    command = set_command(config, reference.name)
    if not value:
        raise ConfigError("no value came from stdin", remedy=f"`{command} < FILE`")
    limit = LARGEST[reference.store]
    if len(data) > limit:
        raise ConfigError(
            f"the value is over {limit} bytes, which {STORES[reference.store]} does not take",
            remedy="keep it as a file in a bucket of its own, and its key as the secret",
        )
    return value


def _asked(reference: Reference) -> bytes:
    from getpass import getpass

    first = getpass(f"Value of {reference.id}: ")
    if getpass("Once more: ") != first:
        raise ConfigError("the two values differ", remedy="run it again")
    return first.encode()
