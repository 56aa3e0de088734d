"""A root module of Terraform's in a folder of its own, run with the providers of this machine."""

from collections.abc import Mapping
from pathlib import Path

from deploy import process
from deploy.infra import mirror


def environment(folder: Path) -> dict[str, str]:
    """Return what Terraform is to find in its environment; its settings are kept in `folder`."""
    env = {"TF_DATA_DIR": str(folder / "data"), "CHECKPOINT_DISABLE": "1", "AWS_PROFILE": ""}
    found = mirror.find(mirror.roots({}, Path.home()), mirror.this_platform())
    if found:
        (folder / "tfrc").write_text(mirror.configuration(found))
        env["TF_CLI_CONFIG_FILE"] = str(folder / "tfrc")
    return env


class Root:
    """The root module in `root`, initialised. It keeps its state where its files say."""

    def __init__(self, root: Path, env: Mapping[str, str]) -> None:
        self.root, self.env = root, dict(env)
        self.run("init", "-input=false")

    def run(self, *arguments: str) -> list[str]:
        lines: list[str] = []
        process.run(("terraform", *arguments), cwd=self.root, env=self.env, on_line=lines.append)
        return lines
