"""AWS Signature Version 4: the headers that prove who asks. Pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
botocore has the same in 0.2 s of imports, half of what a deploy without changes takes; the tests
compare each signature with botocore's.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks. `token` is that of a session, empty for a user's long-lived keys."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)


class Scope(NamedTuple):
    """What a signature is good for: one service in one region."""

    region: str
    service: str


def signed(
    method: str,
    url: str,
    headers: Mapping[str, str],
    sha256: str,
    *,
    credentials: Credentials,
    scope: Scope,
    now: float,
) -> dict[str, str]:
    """Return `headers` with those that sign the request; names in lower case.

    `url` is percent-encoded already, once, as S3 wants it; other services' paths must need no
    encoding. `sha256` (hex) is the body's, `now` in Unix seconds.
    """
    parts = urlsplit(url)
    time = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    whole = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    whole |= {"host": parts.netloc, "x-amz-content-sha256": sha256, "x-amz-date": time}
    if credentials.token:
        whole["x-amz-security-token"] = credentials.token
    names = ";".join(sorted(whole))
    lines = "".join(f"{name}:{whole[name]}\n" for name in sorted(whole))
    request = "\n".join((method, parts.path or "/", _query(parts.query), lines, names, sha256))
    day = f"{time[:8]}/{scope.region}/{scope.service}/aws4_request"
    digest = hashlib.sha256(request.encode()).hexdigest()
    key = _key(credentials.secret_key, time[:8], scope)
    signature = _mac(key, f"{ALGORITHM}\n{time}\n{day}\n{digest}").hex()
    whole["authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key}/{day}, "
        f"SignedHeaders={names}, Signature={signature}"
    )
    return whole


def _query(query: str) -> str:
    """Sort the parameters; one without a value has an empty one."""
    parameters = (part.partition("=") for part in query.split("&") if part)
    return "&".join(f"{name}={value}" for name, _, value in sorted(parameters))


@lru_cache(maxsize=8)
def _key(secret: str, day: str, scope: Scope) -> bytes:
    """The key is the same for a whole day: four of five HMACs of a signature."""
    key = f"AWS4{secret}".encode()
    for part in (day, scope.region, scope.service, "aws4_request"):
        key = _mac(key, part)
    return key


def _mac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
