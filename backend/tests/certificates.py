"""Certificate authorities of our own, and what they issue."""

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Issued:
    """A server's private key and certificate, PEM."""

    key: str
    certificate: str


@dataclass(frozen=True)
class Authority:
    """`root` is the file that a client is to trust."""

    root: Path
    ca: trustme.CA

    def issue(self, *names: str) -> Issued:
        made = self.ca.issue_cert(*names)
        chain = "".join(blob.bytes().decode() for blob in made.cert_chain_pems)
        return Issued(made.private_key_pem.bytes().decode(), chain)


def authority(folder: Path) -> Authority:
    folder.mkdir(parents=True)
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(folder / "root.pem"))
    return Authority(folder / "root.pem", ca)
