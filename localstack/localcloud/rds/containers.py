"""An instance -> the arguments that docker-py creates its container with. Pure."""

from typing import Any

from docker.types import EndpointConfig

from localcloud.network import LABEL
from localcloud.rds.model import Instance
from localcloud.rds.statements import ADMIN
from localcloud.settings import Settings

# Not LABEL: what has that is removed with the local cloud.
KEPT_LABEL = "shipway.database"
DATABASE_LABEL = "shipway.rds"
_MOUNT = "/var/lib/shipway"
_API = "1.41"  # Docker 20.10


def image_reference(instance: Instance, settings: Settings) -> str:
    """Return the image to run: the one that was configured, or the official one."""
    return settings.postgres_image or f"postgres:{instance.major or '17'}-alpine"


def container_name(instance: Instance, settings: Settings) -> str:
    return f"rds-{settings.port}-{instance.region}-{instance.identifier}"


def volume_name(identifier: str, region: str, settings: Settings) -> str:
    return f"shipway-database-{settings.port}-{region}-{identifier}"


def volume_labels(major: str, settings: Settings) -> dict[str, str]:
    """Return the labels of a volume that is kept, by which it is found and recognized."""
    return {KEPT_LABEL: settings.instance, "shipway.postgres": major}


def container_arguments(instance: Instance, secret: str, settings: Settings) -> dict[str, Any]:
    """Return the keyword arguments of docker-py's `containers.create`, but for the image.

    `secret` is the superuser's password, which nobody ever uses.
    """
    environment = {
        "POSTGRES_USER": ADMIN,
        "POSTGRES_DB": "postgres",
        "POSTGRES_PASSWORD": secret,
        "PGPORT": str(instance.port),  # the server's, and psql's in the container
    }
    volumes: dict[str, dict[str, str]] = {}
    if settings.persist:
        name = volume_name(instance.identifier, instance.region, settings)
        volumes[name] = {"bind": _MOUNT, "mode": "rw"}
        environment["PGDATA"] = f"{_MOUNT}/data"
    return {
        "name": container_name(instance, settings),
        "environment": environment,
        "labels": {LABEL: settings.instance, DATABASE_LABEL: instance.identifier},
        "network": settings.network,
        "networking_config": {settings.network: EndpointConfig(_API, aliases=[instance.address])},
        "ports": {f"{instance.port}/tcp": ("127.0.0.1", instance.host_port)},
        "volumes": volumes,
        "shm_size": "256m",  # Docker's 64 MB are too few for parallel queries
        "stop_signal": "SIGINT",  # fast shutdown, and not one that waits for every client
        # Rows that go with the local cloud need not survive a power cut.
        "command": ["postgres", *(() if settings.persist else ("-c", "fsync=off"))],
    }
