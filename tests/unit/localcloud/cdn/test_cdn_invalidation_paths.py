"""https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html"""

import pytest

from localcloud.cdn.invalidation import check, matcher
from localcloud.wire import ApiError


@pytest.mark.parametrize(
    ("path", "hit", "missed"),
    [
        ("/a.html", "/a.html", "/a.html?v=1"),
        ("/a.html*", "/a.html?v=1", "/b.html"),
        ("/a/*", "/a/b/c", "/a"),
        ("/*", "/", "-"),
        ("/a%20b", "/a%20b", "/a b2"),
        ("/%C3%BC", "/%c3%bc", "/ue"),
        ("/A", "/A", "/a"),
    ],
)
def test_what_is_hit(path: str, hit: str, missed: str) -> None:
    named = matcher([path])
    assert named(hit)
    assert not named(missed)


def code(paths: list[str], in_progress: list[list[str]] | None = None) -> str:
    with pytest.raises(ApiError) as caught:
        check(paths, in_progress or [])
    return caught.value.code


@pytest.mark.parametrize("path", ["", "a", "*", "/a*b", "/**", "/a b", "/ü", "/" + "x" * 4000])
def test_paths_that_are_refused(path: str) -> None:
    assert code(["/fine", path]) == "InvalidArgument"


def test_how_many() -> None:
    check([f"/{n}" for n in range(3000)], [])
    assert code([]) == "InvalidArgument"
    assert code([f"/{n}" for n in range(3001)]) == "BatchTooLarge"
    assert code(["/a"], [[f"/{n}" for n in range(3000)]]) == "TooManyInvalidationsInProgress"
    check([f"/{n}/*" for n in range(15)], [["/a"]])
    assert code(["/x/*"], [[f"/{n}/*" for n in range(15)]]) == "TooManyInvalidationsInProgress"
