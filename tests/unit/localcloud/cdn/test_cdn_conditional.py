"""RFC 9110, sections 13 and 14."""

import pytest
from multidict import CIMultiDict

from localcloud.cdn.conditional import conditioned
from localcloud.cdn.messages import Answer

DATE = "Sun, 22 Nov 2026 08:00:00 GMT"
LATER = "Sun, 22 Nov 2026 09:00:00 GMT"
BODY = b"0123456789"


def answer(**asked: str) -> Answer:
    headers = CIMultiDict({"ETag": 'W/"1"', "Last-Modified": DATE, "Content-Type": "text/plain"})
    whole = Answer(200, "OK", headers, BODY, whole=True)
    named = {name.replace("_", "-"): value for name, value in asked.items()}
    return conditioned(whole, CIMultiDict(named))


@pytest.mark.parametrize(
    "asked",
    [
        {"If_None_Match": '"1"'},
        {"If_None_Match": '"0", W/"1"'},
        {"If_None_Match": "*"},
        {"If_Modified_Since": DATE},
        {"If_Modified_Since": LATER},
        {"If_None_Match": '"1"', "Range": "bytes=0-1"},
    ],
)
def test_unchanged(asked: dict[str, str]) -> None:
    found = answer(**asked)
    assert (found.status, found.body) == (304, b"")
    assert "Content-Type" not in found.headers
    assert found.headers["ETag"] == 'W/"1"'


@pytest.mark.parametrize(
    "asked",
    [
        {"If_None_Match": '"2"'},
        {"If_None_Match": '"2"', "If_Modified_Since": LATER},
        {"If_Modified_Since": "Sun, 22 Nov 2026 07:00:00 GMT"},
        {"If_Modified_Since": "nonsense"},
        {"Range": "bytes=0-1,3-4"},
        {"Range": "lines=1-2"},
        {"Range": "bytes=-"},
        {"Range": "bytes=0-1", "If_Range": '"2"'},
        {"Range": "bytes=0-1", "If_Range": LATER},
    ],
)
def test_the_whole_object(asked: dict[str, str]) -> None:
    found = answer(**asked)
    assert (found.status, found.body) == (200, BODY)


@pytest.mark.parametrize(
    ("asked", "body", "content_range"),
    [
        ("bytes=0-3", b"0123", "bytes 0-3/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=-99", BODY, "bytes 0-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
    ],
)
def test_a_range(asked: str, body: bytes, content_range: str) -> None:
    found = answer(Range=asked, If_Range=DATE)
    assert (found.status, found.body) == (206, body)
    assert found.headers["Content-Range"] == content_range


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=5-4", "bytes=-0"])
def test_a_range_that_is_not_there(asked: str) -> None:
    found = answer(Range=asked)
    assert (found.status, found.body) == (416, b"")
    assert found.headers["Content-Range"] == "bytes */10"


def test_only_whole_objects_have_parts() -> None:
    error = Answer(404, "Not Found", CIMultiDict(), b"gone", whole=False)
    assert conditioned(error, CIMultiDict({"Range": "bytes=0-1"})) is error
