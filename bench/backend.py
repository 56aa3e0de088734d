"""The backend's figures beside a shell script that does the same: `nox -s bench -- backend`.

Needs Docker, Terraform and the aws CLI on PATH. A clone of this repository is set up in a folder
of its own with its own local cloud; nothing of yours is touched. Prints one line a promise.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.report import report
from deploy.config.load import load
from deploy.image.tool import choose, clients_on
from tests.e2e.project import Project, Ran, free_ports

ROOT = Path(__file__).resolve().parents[1]

EMPTY_TASKS = '''from invoke import task


@task
def nothing(_):
    """Do nothing."""
'''
LISTINGS, UNCHANGED, SCRIPTS, CHANGES = 15, 7, 3, 3  # counted runs


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        print("setting up a project of its own (some minutes) ...", flush=True)
        project = Project(Path(folder) / "project", ROOT, free_ports(), echo=False)
        try:
            must(project.invoke("quickstart"))
            print("\nmedian of each; the peer is measured in turn with us\n", flush=True)
            again = must(project.invoke("quickstart")).seconds
            report("a second quickstart, seconds", again, "<=", 30, "nothing changed")
            listing(Path(folder))
            status(project)
            unchanged(project)
            changed(project)
        finally:
            must(project.invoke("teardown"))


def listing(folder: Path) -> None:
    """Time `invoke --list` here against an empty tasks.py, in turn."""
    empty = folder / "empty"
    empty.mkdir()
    (empty / "tasks.py").write_text(EMPTY_TASKS)
    argv = (sys.executable, "-m", "invoke", "--list")
    ours, theirs = in_turn(LISTINGS, lambda: timed(argv, ROOT), lambda: timed(argv, empty))
    report(
        "invoke --list / empty tasks.py", ours / theirs, "<=", 1.15, f"{ours:.3f} / {theirs:.3f} s"
    )


def status(project: Project) -> None:
    """Time `invoke status`."""
    seconds = [must(project.invoke("status")).seconds for _ in range(UNCHANGED)]
    report("status, seconds", statistics.median(seconds), "<=", 3, f"{max(seconds):.2f} s at worst")


def unchanged(project: Project) -> None:
    """Time a deploy of unchanged source against the script, in turn."""
    ours = [must(project.invoke("deploy-backend")).seconds for _ in range(UNCHANGED)]
    theirs = [script(project) for _ in range(SCRIPTS)]
    must(project.invoke("deploy-backend"))  # what the script rolled out was not ours: take over
    mine, peer = statistics.median(ours), statistics.median(theirs)
    report("unchanged deploy-backend, seconds", mine, "<=", 2.5, f"{max(ours):.2f} s at worst")
    report("unchanged: script / ours", peer / mine, ">=", 8.0, f"{peer:.1f} / {mine:.2f} s")


def changed(project: Project) -> None:
    """Time a changed deploy against the sum of its own build, push and rollout."""
    overheads, totals = [], []
    for number in range(CHANGES):
        touch(project, number)
        events = must(project.invoke("deploy-backend", "--json")).events
        phases = {
            event["phase"]: event["seconds"] for event in events if event["event"] == "phase_ended"
        }
        total = events[-1]["seconds"]
        totals.append(total)
        overheads.append(total - sum(phases.values()))
    touch(project, CHANGES)
    peer = script(project)
    note = f"total {statistics.median(totals):.1f} s; the script {peer:.1f} s"
    report(
        "changed: beyond build + push + rollout, s", statistics.median(overheads), "<=", 2.0, note
    )


def touch(project: Project, number: int) -> None:
    (project.root / "backend/app/benchmark.py").write_text(f"NUMBER = {number}\n")


def script(project: Project) -> float:
    """Run the shell script that does the same job and return its seconds."""
    parameter = project.client("ssm").get_parameter(Name="/shipway-demo/local/deploy")
    target = json.loads(parameter["Parameter"]["Value"])
    service = target["services"]["backend"]
    registry, repository = service["repository_url"].split("/", 1)
    with tempfile.TemporaryDirectory() as folder:
        variables = {
            "ENDPOINT": f"http://localhost:{project.port}",
            "REGISTRY": registry,
            "REPOSITORY": repository,
            "CLUSTER": target["cluster"],
            "SERVICE": service["service"],
            "FAMILY": service["family"],
            "CONTEXT": str(project.root / "backend"),
            "DOCKER_CONFIG": folder,  # its login must not touch yours
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            **builder(project),
        }
        return timed((str(ROOT / "bench/deploy.sh"),), Path(folder), variables)


def builder(project: Project) -> dict[str, str]:
    """Give the script the same BuildKit client, arguments and secrets as Shipway takes."""
    build = load(project.root).services["backend"].build
    tool = choose(clients_on(os.environ["PATH"]))
    options = [f"--build-arg {name}={value}" for name, value in build.args.items()]
    options += [f"--secret id={name},src={path}" for name, path in build.secrets.items()]
    return {"DOCKER": tool.argv[0], "BUILD_OPTIONS": " ".join(options), **tool.environment}


def in_turn(runs: int, *calls: Callable[[], float]) -> tuple[float, ...]:
    """Return the median of each call's seconds; they run A B A B, after one warm-up each."""
    rounds = [[call() for call in calls] for _ in range(runs + 1)][1:]
    return tuple(statistics.median(column) for column in zip(*rounds, strict=True))


def timed(argv: tuple[str, ...], folder: Path, variables: dict[str, str] | None = None) -> float:
    started = time.perf_counter()
    ran = subprocess.run(
        argv, cwd=folder, env={**os.environ, **(variables or {})}, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    if ran.returncode:
        raise SystemExit(f"{argv[0]} ended with {ran.returncode}:\n{ran.stdout[-3000:]}")
    return time.perf_counter() - started


def must(ran: Ran) -> Ran:
    if ran.code:
        raise SystemExit(f"a command of the benchmark ended with {ran.code}:\n{ran.out[-3000:]}")
    return ran
