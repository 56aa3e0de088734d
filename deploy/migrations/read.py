"""Reads a folder of revisions."""

from pathlib import Path

from deploy.errors import ConfigError
from deploy.migrations.revisions import History, history, is_revision, parse


def read(folder: Path, key: str) -> History:
    """Return the revisions in `folder`, which `key` of deploy.toml names.

    Raises ConfigError if there is no such folder or if its revisions make no history with one head.
    """
    if not folder.is_dir():
        raise ConfigError(
            f"{key}: there is no folder {folder}",
            remedy="name the one with Alembic's revisions, relative to the service's context",
        )
    files = sorted(path for path in folder.iterdir() if is_revision(path.name))
    return history(parse(path.name, path.read_text(encoding="utf-8")) for path in files)
