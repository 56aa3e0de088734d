"""What AWS says when it refuses: XML from S3 and STS, JSON from Systems Manager. Pure."""

import re

# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
# https://docs.aws.amazon.com/general/latest/gr/api-retries.html
TRANSIENT = frozenset(
    {
        "SlowDown",
        "RequestTimeout",
        "RequestTimeoutException",
        "InternalError",
        "ServiceUnavailable",
        "OperationAborted",
        "ConditionalRequestConflict",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "PriorRequestNotComplete",
    }
)
SKEWED = frozenset({"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"})
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
# The credentials themselves are not accepted, whatever was asked.
REJECTED = EXPIRED | {
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}

ERROR_IN_SUCCESS = re.compile(rb"\s*(<\?xml[^>]*\?>)?\s*<Error[\s>]")
FAILED = 300  # the first status that is no success
_HEAD = 4096  # characters of a reply in which code and message are


def code_of(status: int, body: bytes) -> str:
    """Return the error's code, such as NoSuchKey; empty for a success or a reply without one."""
    if status < FAILED:
        return ""
    code = field_of(body, "Code") or _json(body, "__type") or _json(body, "code")
    return code.rpartition("#")[2]


def message_of(body: bytes) -> str:
    """Return what AWS says about an error; empty if it says nothing."""
    return field_of(body, "Message") or _json(body, "message") or _json(body, "Message")


def field_of(body: bytes, name: str) -> str:
    """Return the text of the first XML element `name` in an error, empty if there is none."""
    found = re.search(rf"<{name}>([^<]*)</{name}>", body[:_HEAD].decode(errors="replace"))
    text = found[1] if found else ""
    if "&" not in text:
        return text
    from html import unescape

    return unescape(text)


def _json(body: bytes, name: str) -> str:
    import json

    try:
        found = json.loads(body) if body[:1] == b"{" else {}
    except ValueError:
        return ""
    return str(found.get(name, ""))
