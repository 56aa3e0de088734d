"""What one local cloud is told at its start."""

import socket
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Ports, region and account of one local cloud.

    `port` serves the AWS APIs; load balancers listen from `listener_base` up, distributions
    from `cdn_base` up, databases from `database_base` up. `postgres_image` is what databases run
    (empty: the official image of the version that is asked for); with `persist` they keep their
    rows when the local cloud stops.
    """

    port: int = 4566
    region: str = "us-east-1"
    account: str = "000000000000"
    listener_base: int = 8000
    cdn_base: int = 8080
    database_base: int = 15432
    postgres_image: str = ""
    persist: bool = False
    hostname: str = socket.gethostname()

    @property
    def instance(self) -> str:
        """The value of the label `shipway.cloud` on every container of this local cloud."""
        return f"{self.hostname}:{self.port}"

    @property
    def network(self) -> str:
        """The name of the Docker network of this local cloud's tasks and databases."""
        return f"shipway-cloud-{self.port}"

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"
