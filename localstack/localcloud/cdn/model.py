"""A view of the distributions that MiniStack keeps, as frozen values. TTLs are in seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Selection:
    """Which headers, cookies or query strings a policy takes. Headers' names are in lower case.

    `behavior` is one of the API's: none, whitelist, allExcept, all, allViewer and
    allViewerAndWhitelistCloudFront.
    """

    behavior: str = "none"
    names: frozenset[str] = frozenset()

    def takes(self, name: str) -> bool:
        if self.behavior == "whitelist":
            return name in self.names
        if self.behavior == "allExcept":
            return name not in self.names
        return self.behavior != "none"


@dataclass(frozen=True)
class CachePolicy:
    """What is in the cache key, and the bounds of the time for which an object is kept."""

    min_ttl: float = 0
    default_ttl: float = 86400
    max_ttl: float = 31536000
    gzip: bool = False
    brotli: bool = False
    headers: Selection = Selection()
    cookies: Selection = Selection()
    queries: Selection = Selection()


@dataclass(frozen=True)
class ForwardPolicy:
    """What an origin request policy sends to the origin beside the cache key."""

    headers: Selection = Selection()
    cookies: Selection = Selection()
    queries: Selection = Selection()


@dataclass(frozen=True)
class AddedHeader:
    """A header of a response headers policy; without `override` the origin's own one stays."""

    name: str
    value: str
    override: bool


@dataclass(frozen=True)
class Cors:
    """The CORS part of a response headers policy. `override` puts it before the origin's."""

    origins: tuple[str, ...]
    headers: tuple[str, ...]
    methods: tuple[str, ...]
    expose: tuple[str, ...] = ()
    credentials: bool = False
    max_age: int | None = None
    override: bool = False


@dataclass(frozen=True)
class ResponsePolicy:
    """A response headers policy."""

    added: tuple[AddedHeader, ...] = ()
    removed: tuple[str, ...] = ()
    cors: Cors | None = None


@dataclass(frozen=True)
class Origin:
    """Where objects come from. `bucket` is empty for a custom origin; `path` is put before URIs.

    `signed`: requests are CloudFront's own, by origin access control. Timeouts are in seconds;
    `attempts` is how often an answer is waited for.
    """

    id: str
    domain: str
    path: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    bucket: str = ""
    signed: bool = False
    port: int = 80
    connect_timeout: float = 10
    read_timeout: float = 30
    attempts: int = 3


@dataclass(frozen=True)
class Behavior:
    """A cache behavior. `functions` maps an event type to the ARN of a function."""

    origin: str
    pattern: str = "*"
    protocol: str = "allow-all"
    allowed: frozenset[str] = frozenset(("GET", "HEAD"))
    cached: frozenset[str] = frozenset(("GET", "HEAD"))
    compress: bool = False
    cache: CachePolicy = CachePolicy()
    forward: ForwardPolicy = ForwardPolicy()
    response: ResponsePolicy = ResponsePolicy()
    functions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ErrorRule:
    """A custom error response. Without a `page` it only says how long the error is kept."""

    page: str = ""
    status: int = 0
    ttl: float = 10


@dataclass(frozen=True)
class Distribution:
    """One distribution; `behaviors` come in the order in which they are tried, default last."""

    id: str
    arn: str
    domain: str
    enabled: bool
    behaviors: tuple[Behavior, ...]
    origins: Mapping[str, Origin]
    root_object: str = ""
    errors: Mapping[int, ErrorRule] = field(default_factory=dict)
    port: int = 0  # the loopback port that its tag asks for, 0 for any

    @property
    def account(self) -> str:
        return self.arn.split(":")[4]


@dataclass(frozen=True)
class Snapshot:
    """All of one account at one moment: distributions by id, published code by function ARN."""

    distributions: Mapping[str, Distribution] = field(default_factory=dict)
    functions: Mapping[str, str] = field(default_factory=dict)
