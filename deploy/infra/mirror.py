"""A copy of the AWS provider on this machine, where there is one: then nothing is downloaded.

https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation
"""

import os
import platform
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

PROVIDER = "registry.terraform.io/hashicorp/aws"
VERSIONS = (5, 100), (6, 0)  # `~> 5.100`, as deploy/terraform/modules/*/versions.tf have it
DEPTH = 3  # folders below a root
FOLDERS = 2000  # visited at most, so that a huge /opt costs no time
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def roots(environ: Mapping[str, str], home: Path) -> list[Path]:
    """Return where mirrors usually are: Terraform's implied ones, then places of packages."""
    shared = environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    return [
        home / ".terraform.d",
        Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "terraform",
        *(Path(folder) / "terraform" for folder in shared.split(":") if folder),
        Path("/usr/local/lib/terraform"),
        Path("/usr/lib/terraform"),
        Path("/opt"),
    ]


def this_platform() -> str:
    """Return this machine's platform as providers name it, such as linux_amd64."""
    machine = platform.machine().lower()
    return f"{platform.system().lower()}_{ARCHITECTURES.get(machine, machine)}"


def find(candidates: list[Path], platform_name: str) -> Path | None:
    """Return the first mirror folder below `candidates` with a provider that fits, or None."""
    for root in candidates:
        for folder in _folders(root):
            if _fits(folder / PROVIDER, platform_name):
                return folder
    return None


def _folders(root: Path) -> Iterator[Path]:
    """Yield `root` and the folders below it, nearest first, within DEPTH and FOLDERS."""
    level = [root]
    visited = 0
    for _ in range(DEPTH + 1):
        below: list[Path] = []
        for folder in level:
            visited += 1
            if visited > FOLDERS:
                return
            yield folder
            below += _subfolders(folder)
        level = below


def _subfolders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(e) for e in entries if e.is_dir(follow_symlinks=False))
    except OSError:  # it is gone, or not ours to read
        return []


def _fits(provider: Path, platform_name: str) -> bool:
    """Both layouts: <version>/<platform>/ and terraform-provider-aws_<version>_<platform>.zip."""
    names = [path.name for path in provider.glob(f"*_*_{platform_name}.zip")]
    names += [path.parent.name for path in provider.glob(f"*/{platform_name}")]
    found = (re.search(r"(\d+)\.(\d+)\.\d+", name) for name in names)
    return any(
        match and VERSIONS[0] <= (int(match[1]), int(match[2])) < VERSIONS[1] for match in found
    )


def wanted(environ: Mapping[str, str], home: Path) -> bool:
    """Whether Terraform has no configuration file of the user's, which we would leave alone."""
    named = environ.get("TF_CLI_CONFIG_FILE")
    return not Path(named).exists() if named else not (home / ".terraformrc").exists()


def configuration(mirror: Path) -> str:
    """Return a CLI configuration that takes the AWS provider from `mirror`, others as ever."""
    return f"""provider_installation {{
  filesystem_mirror {{
    path    = "{mirror.as_posix()}"
    include = ["{PROVIDER}"]
  }}
  direct {{
    exclude = ["{PROVIDER}"]
  }}
}}
"""
