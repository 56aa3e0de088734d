"""What one local cloud is told at its start."""

import socket
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Ports, region and account of one local cloud.

    `port` serves the AWS APIs; load balancers listen from `listener_base` up, distributions
    from `cdn_base` up.
    """

    port: int = 4566
    region: str = "us-east-1"
    account: str = "000000000000"
    listener_base: int = 8000
    cdn_base: int = 8080
    hostname: str = socket.gethostname()

    @property
    def instance(self) -> str:
        """The value of the label `shipway.cloud` on every container of this local cloud."""
        return f"{self.hostname}:{self.port}"

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"
