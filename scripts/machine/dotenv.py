"""Adds what set-up has found out to .env.local, and never changes a line that is there."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

NAME = ".env.local"
FILES = (NAME, ".env")  # a key in one of them is the user's
COMMENT = "# added by scripts/setup; change or remove it as you like"


def value(text: str, key: str) -> str | None:
    """Return what the .env file `text` says about `key`, or None. The last line counts."""
    pattern = rf"^[ \t]*(?:export[ \t]+)?{re.escape(key)}[ \t]*=[ \t]*(.*?)[ \t]*$"
    found = re.findall(pattern, text, flags=re.MULTILINE)
    return found[-1].strip("\"'") if found else None


def setting(key: str, environ: Mapping[str, str], texts: Iterable[str]) -> str | None:
    """Return the first of the environment's and the .env files' values of `key`, or None."""
    if environ.get(key):
        return environ[key]
    return next((found for text in texts if (found := value(text, key)) is not None), None)


def texts(root: Path) -> list[str]:
    """Return the contents of the .env files in `root`, the one that counts most first."""
    return [path.read_text() for name in FILES if (path := root / name).is_file()]


def add(root: Path, key: str, new: str) -> None:
    """Append `key=new` to the .env.local in `root`."""
    path = root / NAME
    old = path.read_text() if path.exists() else ""
    gap = "" if not old or old.endswith("\n") else "\n"
    path.write_text(f"{old}{gap}{COMMENT}\n{key}={new}\n")
