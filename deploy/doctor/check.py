"""One thing that `invoke doctor` looks at, as a value, and what was found. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

# What other checks need of the environment, by the keys of those that find it.
PARAMETER = "environment/deploy parameter"  # a Target
CLUSTER = "environment/cluster"  # the entries of DescribeServices by the services' names

Verdict = Literal["OK", "SKIP", "NG"]
Known = Mapping[str, Any]  # what the checks that one needs have found, by key


@dataclass(frozen=True)
class Finding:
    """A verdict: good, not looked at, or not good, which has a remedy.

    `value` is what the checks that need this one are handed.
    """

    verdict: Verdict
    found: str
    remedy: str = ""
    value: Any = None


@dataclass(frozen=True)
class Check:
    """`look` returns what it found, or raises; it runs once all in `needs` (keys) are OK."""

    group: str
    name: str
    look: Callable[[Known], Finding]
    needs: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.group}/{self.name}"


def ok(found: str, value: Any = None) -> Finding:
    return Finding("OK", found, value=value)


def skip(found: str, remedy: str = "") -> Finding:
    return Finding("SKIP", found, remedy)


def ng(found: str, remedy: str) -> Finding:
    return Finding("NG", found, remedy)
