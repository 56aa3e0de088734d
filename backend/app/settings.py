"""What the environment says, checked once at the start and frozen."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

# Who may say X-Forwarded-For: the load balancer, which reaches a task from a private subnet
# (RFC 1918). Not "*": then a caller could choose the address that the service sees.
PRIVATE_NETWORKS = "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"
WEB = ("http", "https")
POSTGRESQL = ("postgresql", "postgres")


class SettingsError(Exception):
    """Lists every variable that can't work, one a line, with what it takes instead."""


def split(value: object) -> object:
    """`"a, b,"` -> `("a", "b")`; what is no text passes through."""
    if not isinstance(value, str):
        return value
    return tuple(item.strip() for item in value.split(",") if item.strip())


def check_origin(origin: str) -> str:
    """An origin is scheme://host[:port] and no more (RFC 6454, section 7).

    A browser never sends the trailing slash, so an origin that has one would match nothing.
    """
    parts = urlsplit(origin)
    bare = f"{parts.scheme}://{parts.netloc}"
    if origin != "*" and (parts.scheme not in WEB or not parts.hostname or origin != bare):
        raise ValueError(f"{origin!r} is not an origin: write https://host[:port], nothing after")
    return origin


def check_database(url: SecretStr) -> SecretStr:
    """`postgresql://USER:PASSWORD@HOST[:PORT]/NAME[?sslmode=...]`, user and password URL-encoded.

    Not encoded, a password such as `a/b#c` would end the host's name early.
    https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
    """
    try:
        parts = urlsplit(url.get_secret_value())
        whole = parts.hostname and parts.port != 0 and parts.path.strip("/")
    except ValueError:  # the port is no number
        whole = None
    if not whole or parts.scheme not in POSTGRESQL or parts.fragment:
        raise ValueError(
            "write postgresql://USER:PASSWORD@HOST:PORT/NAME, special characters URL-encoded"
        )
    return url


Origin = Annotated[str, AfterValidator(check_origin)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(check_database)]


class Settings(BaseModel):
    """Each field is the environment variable of the same name in capitals; empty means unset."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=str.upper,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    host: str = "0.0.0.0"  # noqa: S104 - a container listens on all its addresses
    port: int = Field(default=8000, ge=1, le=65535)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    cors_origins: Annotated[tuple[Origin, ...], BeforeValidator(split)] = ()
    cors_credentials: bool = False
    forwarded_allow_ips: str = PRIVATE_NETWORKS

    # Seconds for requests in flight after SIGTERM: less than the task's stopTimeout (30 s by
    # default), after which ECS sends SIGKILL.
    # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
    graceful_timeout: int = Field(default=25, ge=1, le=115)

    # Seconds that an idle connection is kept: longer than the load balancer's 60 s, which would
    # otherwise send a request into a connection that is just being closed, and answer 502.
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
    keep_alive_timeout: int = Field(default=75, ge=1)

    # Without one the service starts, /health is fine, and whatever needs it answers 503.
    database_url: DatabaseUrl | None = None

    # Connections of this process, the listener for events among them. What the database allows
    # (max_connections) is shared by all tasks, twice as many of them during a rollout.
    database_pool_min: int = Field(default=2, ge=0)
    database_pool_max: int = Field(default=10, ge=2, le=1000)

    # Seconds to connect or to wait for a free connection, and for one statement: a request should
    # fail before the load balancer gives up on it (60 s) or its caller does.
    database_connect_timeout: float = Field(default=5, gt=0, le=60)
    database_statement_timeout: float = Field(default=5, gt=0, le=60)

    # Seconds that a migration waits for another one to end.
    migration_lock_timeout: float = Field(default=60, gt=0)

    # What runs, told by the deploy in the task definition (see version.py).
    app_commit: str | None = None
    app_source_tag: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Take os.environ or its like; raise SettingsError with all that is wrong in it."""
        given = {name: value for name, value in environment.items() if value.strip()}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise SettingsError(describe(error)) from None

    @model_validator(mode="after")
    def refuse_a_pool_that_holds_less_than_it_keeps(self) -> Self:
        if self.database_pool_min > self.database_pool_max:
            raise ValueError("DATABASE_POOL_MIN must not be more than DATABASE_POOL_MAX")
        return self

    @model_validator(mode="after")
    def refuse_any_origin_with_credentials(self) -> Self:
        """Any site could act for a logged-in user, and browsers refuse the pair anyway.

        https://fetch.spec.whatwg.org/#cors-protocol-and-credentials
        """
        if self.cors_credentials and "*" in self.cors_origins:
            raise ValueError(
                "CORS_ORIGINS=* can't be combined with CORS_CREDENTIALS=true: "
                "name the origins, such as CORS_ORIGINS=https://app.example.com"
            )
        return self


def describe(error: ValidationError) -> str:
    """One line for each problem. Pydantic leaves the values out: a variable may hold a secret."""
    lines = []
    for problem in error.errors():
        name = problem["loc"][0] if problem["loc"] else ""
        message = problem["msg"].removeprefix("Value error, ")
        lines.append(f"{name}: {message}" if name else message)
    return "\n".join(lines)
