"""What git knows about the working tree: told to the user and to the image, never decided on."""

from dataclasses import dataclass
from pathlib import Path

from deploy import process
from deploy.errors import ToolError


@dataclass(frozen=True)
class Commit:
    """`sha` is empty outside a git repository; `dirty` means that no commit holds this tree."""

    sha: str = ""
    dirty: bool = False

    @property
    def name(self) -> str:
        return f"{self.sha[:12]}-dirty" if self.dirty else self.sha[:12]


def head(root: Path) -> Commit:
    """Return the commit that `root` is at."""
    try:
        sha = process.output(("git", "rev-parse", "HEAD"), cwd=root).strip()
        changes = process.output(("git", "status", "--porcelain"), cwd=root)
    except ToolError:
        return Commit()
    return Commit(sha, dirty=bool(changes.strip()))
