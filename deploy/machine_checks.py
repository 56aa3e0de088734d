"""The checks of this machine, for `invoke doctor`."""

import platform
import re
import shutil
import sys
from collections.abc import Iterator
from functools import partial

from deploy import process
from deploy.config.model import Config
from deploy.doctor.check import Check, Finding, ng, ok, skip
from deploy.doctor.run import LIMIT_SECONDS
from deploy.machine import (
    builders,
    check_builders,
    check_buildkit,
    check_docker,
    check_terraform,
    local_port,
    port_user,
    taken,
)

GROUP = "this machine"
PYTHON = (3, 11)
TERRAFORM = (1, 11)  # the first with write-only arguments
NODE = 20
FREE_BYTES = 2e9  # for images, layers and a site's node_modules
PLUGIN = "session-manager-plugin"
PLUGIN_URL = (
    "https://docs.aws.amazon.com/systems-manager/latest/userguide/"
    "session-manager-working-with-install-plugin.html"
)
CLI_URL = "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html"
NODE_URL = "https://nodejs.org/en/download"
LISTENERS = {"port": "load balancer", "site_port": "CDN"}


def machine_checks(config: Config) -> Iterator[Check]:
    """Yield what a build, a deploy and a shell need of this machine."""
    made = partial(Check, GROUP)
    yield made("Python", lambda _: python(sys.version_info[:2]))
    yield made("Docker engine", lambda _: ok(f"version {check_docker()}"))
    yield made("BuildKit", lambda _: ok(" ".join(check_buildkit())))
    yield made("Terraform", lambda _: terraform(config))
    if config.sites:
        yield made("site tools", lambda _: site_tools(config))
    if local_port(config) is not None:
        for key in LISTENERS:
            yield made(f"port {getattr(config.environment, key)}", partial(_port, config, key))
    yield made("session-manager-plugin", lambda _: plugin(config))
    yield made("disk", lambda _: disk(shutil.disk_usage(config.root).free))


def python(version: tuple[int, ...]) -> Finding:
    if version < PYTHON:
        return ng(platform.python_version(), "install Python 3.11 or later, then `scripts/setup`")
    return ok(platform.python_version())


def terraform(config: Config) -> Finding:
    """Look for Terraform. On AWS it is no fault to have none: a deploy needs none."""
    if local_port(config) is None and not shutil.which("terraform"):
        return skip("not installed; only `invoke infra.*` needs it")
    check_terraform()
    lines: list[str] = []
    # Else it asks HashiCorp whether there is a newer one.
    environment = {"CHECKPOINT_DISABLE": "1"}
    argv = ("terraform", "version")
    process.run(argv, env=environment, on_line=lines.append, timeout=LIMIT_SECONDS)
    return terraform_version("\n".join(lines))


def terraform_version(text: str) -> Finding:
    """Judge what `terraform version` prints: "Terraform v1.11.4" among warnings."""
    found = re.search(r"^Terraform v((\d+)\.(\d+)\S*)", text, re.MULTILINE)
    if found and (int(found[2]), int(found[3])) >= TERRAFORM:
        return ok(found[1])
    remedy = "install 1.11 or later: https://developer.hashicorp.com/terraform/install"
    return ng(found[1] if found else "it does not tell its version", remedy)


def site_tools(config: Config) -> Finding:
    check_builders(config)
    tools = ", ".join(builders(config))
    if not shutil.which("node"):
        return ok(tools)
    return node_version(tools, process.output(("node", "--version"), timeout=LIMIT_SECONDS))


def node_version(tools: str, said: str) -> Finding:
    """Judge what `node --version` prints: "v20.11.1"."""
    found = re.match(r"v(\d+)\.\S+", said)
    if found and int(found[1]) < NODE:
        return ng(f"{tools}; Node.js {found[0]}", f"install {NODE} or later: {NODE_URL}")
    return ok(f"{tools}; Node.js {said.strip()}")


def _port(config: Config, key: str, _: object) -> Finding:
    user = port_user(config, getattr(config.environment, key))
    what = LISTENERS[key]
    if user == "another":
        raise taken(config, key, what)
    return ok(f"the local {what}'s" if user == "ours" else f"free for the local {what}")


def plugin(config: Config) -> Finding:
    """Look for what `invoke shell` needs on AWS."""
    missing = [name for name in ("aws", PLUGIN) if not shutil.which(name)]
    if not missing:
        return ok("installed, and the AWS CLI")
    if local_port(config) is not None:
        return skip("not needed: the shell of the local cloud is Docker's")
    urls = {"aws": CLI_URL, PLUGIN: PLUGIN_URL}
    return skip(
        f"{' and '.join(missing)} not installed; only `invoke shell` needs it",
        " ".join(urls[name] for name in missing),
    )


def disk(free: float) -> Finding:
    """Judge the free bytes of the disk that the project is on."""
    text = f"{free / 1e9:.1f} GB free"
    if free < FREE_BYTES:
        return ng(text, "free some: `docker system df` shows what Docker holds")
    return ok(text)
