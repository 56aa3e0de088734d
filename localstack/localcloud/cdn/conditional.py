"""Conditional requests and ranges, answered from a whole object. RFC 9110, sections 13 and 14."""

import re
from dataclasses import replace
from email.utils import parsedate_to_datetime

from multidict import CIMultiDict

from localcloud.cdn.messages import ERROR, Answer

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_NOT_OF_304 = ("Content-Length", "Content-Encoding", "Content-Type", "Accept-Ranges")


def conditioned(answer: Answer, asked: CIMultiDict[str]) -> Answer:
    """Return what the viewer gets of a whole object (status 200): itself, 304, 206 or 416.

    `asked` are the viewer's headers.
    """
    if answer.status != 200 or not answer.whole or not isinstance(answer.body, bytes):  # noqa: PLR2004
        return answer
    if _unchanged(answer.headers, asked):
        headers = answer.headers.copy()
        for name in _NOT_OF_304:
            headers.popall(name, None)
        return replace(answer, status=304, reason="Not Modified", headers=headers, body=b"")
    if "Range" in asked and _range_applies(answer.headers, asked):
        return _ranged(answer, answer.body, asked["Range"])
    return answer


def _unchanged(headers: CIMultiDict[str], asked: CIMultiDict[str]) -> bool:
    if "If-None-Match" in asked:
        named = [tag.strip() for tag in asked["If-None-Match"].split(",")]
        own = headers.get("ETag")
        return "*" in named or (own is not None and _weak(own) in map(_weak, named))
    since, modified = _date(asked, "If-Modified-Since"), _date(headers, "Last-Modified")
    return since is not None and modified is not None and modified <= since


def _weak(tag: str) -> str:
    return tag.removeprefix("W/")


def _date(headers: CIMultiDict[str], name: str) -> float | None:
    try:
        return parsedate_to_datetime(headers[name]).timestamp()
    except (KeyError, ValueError):
        return None


def _range_applies(headers: CIMultiDict[str], asked: CIMultiDict[str]) -> bool:
    condition = asked.get("If-Range")
    if condition is None:
        return True
    if condition.startswith('"'):
        return condition == headers.get("ETag")
    return condition == headers.get("Last-Modified")


def _ranged(answer: Answer, body: bytes, text: str) -> Answer:
    found = _RANGE.fullmatch(text.replace(" ", ""))
    if not found or found[0] == "bytes=-":
        return answer  # several ranges, or another unit: the whole object is right as well
    first, last = _bounds(found[1], found[2], len(body))
    headers = answer.headers.copy()
    if first > last or first >= len(body):
        headers["Content-Range"] = f"bytes */{len(body)}"
        return replace(
            answer, status=416, reason="Requested Range Not Satisfiable", headers=headers, body=b"",
            cache=ERROR,
        )  # fmt: skip
    headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
    part = body[first : last + 1]
    return replace(answer, status=206, reason="Partial Content", headers=headers, body=part)


def _bounds(first: str, last: str, length: int) -> tuple[int, int]:
    if not first:
        return max(0, length - int(last)), length - 1 if int(last) else -1
    return int(first), min(int(last), length - 1) if last else length - 1
