"""Runs the revisions in order as Alembic would, but knows no database: each run is the first.

python3 migrate.py upgrade head | upgrade REVISION | downgrade REVISION
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    way, to = sys.argv[1:]
    known = [loaded(path) for path in sorted(Path("migrations/versions").glob("*.py"))]
    for each in known:
        if way == "upgrade" and (to == "head" or each.revision <= to):
            print(f"Running upgrade {each.down_revision} -> {each.revision}, {each.__doc__}")
            each.upgrade()
    if way == "downgrade":
        print(f"Running downgrade to {to}")


if __name__ == "__main__":
    main()
