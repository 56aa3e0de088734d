"""The CA bundle of machines that reach the world through a proxy with a CA of its own."""

from collections.abc import Mapping
from pathlib import Path

VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT")
SYSTEM_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
LOCAL_CAS = Path("/usr/local/share/ca-certificates")  # update-ca-certificates(8)


def bundle(
    environ: Mapping[str, str], *, system: Path = SYSTEM_BUNDLE, local_cas: Path = LOCAL_CAS
) -> Path | None:
    """Return the bundle that this machine needs in place of everybody's, or None.

    It is the file named by one of VARIABLES; without them it is `system`, if somebody has added
    a CA of their own to it.
    """
    for name in VARIABLES:
        if environ.get(name) and Path(environ[name]).is_file():
            return Path(environ[name]).absolute()
    has_local_ca = any(local_cas.rglob("*.crt")) if local_cas.is_dir() else False
    return system if has_local_ca and system.is_file() else None


def for_tools(path: Path | None) -> dict[str, str]:
    """Return the environment variables by which pip, uv and npm trust `path`.

    NODE_EXTRA_CA_CERTS: https://nodejs.org/api/cli.html#node_extra_ca_certsfile
    """
    names = ("SSL_CERT_FILE", "PIP_CERT", "NODE_EXTRA_CA_CERTS")
    return dict.fromkeys(names, str(path)) if path else {}
