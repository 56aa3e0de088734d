"""Twenty services of one image against one of them, on the local cloud."""

import tempfile
from pathlib import Path

from bench.backend import must
from bench.report import report
from tests.e2e.many import NAMES, Many
from tests.e2e.project import free_ports

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Measure both in one project of its own."""
    with tempfile.TemporaryDirectory() as folder:
        project = Many(Path(folder) / "project", ROOT, free_ports(), echo=False)
        project.write("first")
        try:
            for task in ("cloud.up", "infra.apply", "deploy"):
                must(project.invoke(task, timeout=600))
            project.write("one")
            one = must(project.invoke("deploy", "--only", NAMES[0])).seconds
            project.write("all")
            every = must(project.invoke("deploy", timeout=600)).seconds
            report("20 services / one", every / one, "<=", 3, f"{every:.1f} / {one:.1f} s")
        finally:
            must(project.invoke("cloud.down"))
