"""Terraform's plan of an environment on AWS, read as JSON.

Planned against the local cloud, with a state of its own.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deploy.infra import terraform
from tests.integration.infra.root import Root, environment

CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/11111111-2222-3333-4444-555555555555"
VARIABLES: dict[str, Any] = {
    "project": "planned",
    "environment": "prod",
    "region": "us-east-1",
    "account": "000000000000",
    "services": {"web": {"port": 8000, "health": "/health", "start_period": 10}},
    "default_service": "web",
    "sites": {
        "app": {"single_page": True, "keep_releases": 3, "keep_days": 7},
        "docs": {"single_page": False, "keep_releases": 20, "keep_days": 365},
    },
    "domain": "api.example.com",
    "certificate_arn": CERTIFICATE,
    "site_domains": {"app": {"name": "www.example.com", "certificate_arn": CERTIFICATE}},
    "only_cloudfront": True,
}


class Prod(Root):
    """A copy of Terraform's files whose prod keeps its state in a file."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        self.folder = folder
        shutil.copytree(terraform.TERRAFORM, folder / "terraform")
        root = folder / "terraform" / "environments" / "prod"
        (root / "state_override.tf").write_text('terraform {\n  backend "local" {}\n}\n')
        cloud = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        super().__init__(root, environment(folder) | cloud)

    def plan(self, **changed: Any) -> "Planned":
        self.run("plan", *self._given(changed), "-out=saved")
        shown = "".join(line for line in self.run("show", "-json", "saved") if line[:1] == "{")
        return Planned(json.loads(shown))

    def apply(self, *targets: str, **changed: Any) -> None:
        """Create what `targets` of module.environment name, and what they need."""
        chosen = (f"-target=module.environment.module.{target}" for target in targets)
        self.run("apply", "-auto-approve", *self._given(changed), *chosen)

    def destroy(self, **changed: Any) -> None:
        self.run("destroy", "-auto-approve", *self._given(changed))

    def _given(self, changed: Mapping[str, Any]) -> tuple[str, ...]:
        file = self.folder / "variables.tfvars.json"
        file.write_text(json.dumps({**VARIABLES, **changed}))
        return "-input=false", "-no-color", f"-var-file={file}"


class Planned:
    """What Terraform would create, by address below module.environment."""

    def __init__(self, shown: Mapping[str, Any]) -> None:
        self.shown = shown
        self._after = {
            change["address"].removeprefix("module.environment.module."): change["change"]["after"]
            for change in shown["resource_changes"]
        }

    def of(self, address: str) -> dict[str, Any]:
        found: dict[str, Any] = self._after[address]
        return found

    def site(self, kind: str, name: str = "main", site: str = "app") -> dict[str, Any]:
        return self.of(f'site["{site}"].{kind}.{name}')

    def resources(self) -> dict[str, dict[str, Any]]:
        """Return what there would be after an apply, by its address."""
        modules = [self.shown["planned_values"]["root_module"]]
        return {
            found["address"].removeprefix("module.environment.module."): found.get("values", {})
            for module in _all(modules)
            for found in module.get("resources", ())
        }


def _all(modules: list[Any]) -> Iterator[Any]:
    for module in modules:
        yield module
        yield from _all(module.get("child_modules", []))
