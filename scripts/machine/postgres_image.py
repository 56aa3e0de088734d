"""The image of PostgreSQL, which the local cloud's databases and compose.yaml run."""

from pathlib import Path

from scripts.machine.base_image import BaseImage

MAJOR = 17  # what Debian trixie has: https://packages.debian.org/trixie/postgresql-17
ENTRY_POINT = Path(__file__).resolve().parent / "postgres" / "docker-entrypoint.sh"

_HOOKS = (
    f"copy-in {ENTRY_POINT} /usr/local/bin",
    # Debian's package makes a cluster of its own; here the entry point makes it.
    'rm -rf "$1"/var/lib/postgresql/* "$1"/etc/postgresql/*',
    'rm -rf "$1"/usr/share/doc/* "$1"/usr/share/man/*',
)
_PATH = f"/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/{MAJOR}/bin"
_CHANGES = (
    "ENV LANG=C.UTF-8",
    f"ENV PG_MAJOR={MAJOR}",
    "ENV PGDATA=/var/lib/postgresql/data",
    f"ENV PATH={_PATH}",
    'ENTRYPOINT ["docker-entrypoint.sh"]',
    'CMD ["postgres"]',
    "EXPOSE 5432",
    "VOLUME /var/lib/postgresql/data",
)

POSTGRES = BaseImage(
    official=f"postgres:{MAJOR}-alpine",
    suite="trixie",
    stand_in=f"shipway-standin/postgres:{MAJOR}-trixie",
    variable="POSTGRES_IMAGE",
    packages=f"ca-certificates,netbase,tzdata,postgresql-{MAJOR}",
    hooks=_HOOKS,
    changes=_CHANGES,
)
