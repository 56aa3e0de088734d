"""Remembers which tables of deploy.toml passed the schema. To ask pydantic again would be a fifth
of a deploy that has nothing to do.

The stamp is a hash of the tables as they are after interpolation, and of the schema's source. Only
the schema's answer is remembered: what depends on files or on other keys is checked each time.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from deploy.config.model import STATE

SCHEMA = Path(__file__).with_name("schema.py")


class Stamp:
    """The stamp of one environment's tables, in the project's `.shipway` folder."""

    def __init__(self, root: Path, environment: str, tables: Mapping[str, Any]) -> None:
        self.path = root / STATE / "checked" / environment
        self.tables = tables

    @cached_property
    def passed(self) -> bool:
        """Whether the schema has accepted these very tables before."""
        with suppress(OSError):
            return self.path.read_bytes() == self._digest
        return False

    @cached_property
    def _digest(self) -> bytes:
        # repr tells 1 from 1.0, True and "1"; a hash, because the tables may hold secrets.
        text = repr(self.tables).encode("utf-8", "surrogateescape")
        return hashlib.sha256(SCHEMA.read_bytes() + b"\0" + text).hexdigest().encode()

    def write(self) -> None:
        """Remember that they passed. A folder that cannot be written costs only the time."""
        if self.passed:
            return
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_bytes(self._digest)
