"""Releases of the probe service, and what a command has printed so far."""

from collections.abc import Iterable

from tests.e2e.project import Project

DEPLOY = ("deploy-backend", "--service", "probe")


def deploy(project: Project, **environment: str) -> None:
    """Release the probe with these variables; it must succeed."""
    project.probe(**environment)
    ran = project.invoke(*DEPLOY)
    assert ran.code == 0, ran.out


def until(stream: Iterable[str] | None, words: str) -> str:
    """Read lines up to one with these words; the test's own deadline bounds the wait."""
    lines = ""
    for line in stream or ():
        lines += line
        if words in line:
            return lines
    raise AssertionError(f"{words!r} was never printed:\n{lines}")
