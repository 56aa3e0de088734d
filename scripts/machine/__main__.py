"""`scripts/setup`: every step in order, one line for each."""

import argparse
import os
import platform
import sys
from pathlib import Path

from scripts.machine import (
    base_image,
    browser,
    certificates,
    compose,
    dotenv,
    engine,
    environment,
    node,
    postgres_image,
    terraform,
)
from scripts.machine.report import attempt

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Prepare this machine. Returns the exit code: 0, 1 (a tool failed) or 3 (one is missing)."""
    options = _parser().parse_args()
    python = max(attempt("python", find_python), attempt("virtualenv", prepare_virtualenv))
    tools = max(
        attempt("CA bundle", prepare_bundle),
        attempt("docker engine", prepare_engine) or prepare_images(),
        attempt("terraform", terraform.prepare),
        attempt("node", node.prepare),
        attempt("browser", browser.prepare) if options.tests else 0,
        attempt("compose", compose.prepare) if options.tests else 0,
    )
    return python if options.allow_missing else max(python, tools)


def find_python() -> str:
    return f"found, {platform.python_version()} ({sys.executable})"


def prepare_virtualenv() -> str:
    return environment.prepare(ROOT, certificates.for_tools(certificates.bundle(os.environ)))


def prepare_bundle() -> str:
    bundle = certificates.bundle(os.environ)
    return remember("BUILD_CA_BUNDLE", str(bundle)) if bundle else "the system's"


def prepare_engine() -> str:
    return engine.prepare(os.environ.get("DOCKER_HOST", ""))


def prepare_images() -> int:
    return max(
        attempt("base image", lambda: prepare_image(base_image.BACKEND)),
        attempt("postgres image", lambda: prepare_image(postgres_image.POSTGRES)),
    )


def prepare_image(image: base_image.BaseImage) -> str:
    """Have `image` or its stand-in on the engine, and write to .env.local which, if the latter."""
    chosen = dotenv.setting(image.variable, os.environ, dotenv.texts(ROOT))
    name, text = base_image.prepare(image, chosen)
    if name == image.stand_in:
        remember(image.variable, name)
    return text


def remember(key: str, value: str) -> str:
    """Write `key` to .env.local, unless the user or an earlier run has; return what was done."""
    known = dotenv.setting(key, os.environ, dotenv.texts(ROOT))
    if known is not None:
        return f"found, {known}"
    dotenv.add(ROOT, key, value)
    return f"{value} (written to {dotenv.NAME} as {key})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/setup", description="Prepare this machine.")
    parser.add_argument(
        "--allow-missing",
        action="store_true",
        help="report a missing tool (engine, Terraform, Node.js, ...), but end with 0",
    )
    parser.add_argument(
        "--tests",
        action="store_true",
        help="also what only the tests need: a browser, Docker Compose",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
