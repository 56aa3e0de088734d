"""What psql is given to do in a database's container. Pure.

Values come by environment variables: they are in no argument list, and psql does the quoting.
https://www.postgresql.org/docs/17/app-psql.html#APP-PSQL-VARIABLES
"""

import re
from collections.abc import Mapping

ADMIN = "rdsadmin"  # the superuser of RDS itself: the master user is none there either

# The server that answers must be the final one: the first start of the image runs another one for
# a moment, on its socket alone.
READY = (
    "sh",
    "-c",
    '[ "$(head -n1 "$PGDATA/postmaster.pid")" = 1 ] && exec "$@"',
    "sh",
    *("psql", "-X", "-U", ADMIN, "-d", "postgres", "-qAt", "-c", "SHOW server_version"),
)
RUN = ("sh", "-c", f'printf %s "$SCRIPT" | exec psql -X -U {ADMIN} -d postgres -qAt -f -')
# As a task does it: over the network, by the master's own password.
LOG_IN = ("sh", "-c", 'exec psql -X -h "$ADDRESS" -U "$MASTER" -d "$DATABASE" -qAt -c "SELECT 1"')

_HEAD = r"""
\set ON_ERROR_STOP 1
\set user `printf %s "$MASTER"`
\set database `printf %s "$DATABASE"`
\set password `printf %s "$PASSWORD"`
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
"""

PASSWORD = (
    _HEAD
    + """
ALTER ROLE :"user" PASSWORD :'password';
"""
)

# Also where a volume was kept, which has the master and the database already.
SET_UP = (
    _HEAD  # noqa: S608 - a script, whose values psql quotes
    + r"""
SELECT 'CREATE ROLE rds_superuser'
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_superuser') \gexec
GRANT pg_monitor, pg_signal_backend TO rds_superuser WITH ADMIN OPTION;
SELECT format('CREATE ROLE %I', :'user')
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'user') \gexec
ALTER ROLE :"user" LOGIN CREATEDB CREATEROLE PASSWORD :'password';
GRANT rds_superuser TO :"user";
SELECT format('CREATE DATABASE %I', :'database')
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
ALTER DATABASE :"database" OWNER TO :"user";
"""
)

# Each item of these is quoted by itself.
_LISTS = frozenset({"shared_preload_libraries", "session_preload_libraries", "search_path"})
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?")


def configuration(parameters: Mapping[str, str]) -> str:
    """Return the script that gives the server the parameters of a parameter group.

    RDS's own (`rds.*`) mean nothing to PostgreSQL, and formulas are of a machine's memory.
    """
    ours = {
        name: value
        for name, value in sorted(parameters.items())
        if _NAME.fullmatch(name) and not name.startswith("rds.") and "{" not in value
    }
    lines = [f"ALTER SYSTEM SET {name} = {_value(name, value)};" for name, value in ours.items()]
    return "\n".join(
        (r"\set ON_ERROR_STOP 1", "ALTER SYSTEM RESET ALL;", *lines, "SELECT pg_reload_conf();", "")
    )


def _value(name: str, value: str) -> str:
    parts = value.split(",") if name in _LISTS else [value]
    return ", ".join(_literal(part.strip()) for part in parts)


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
