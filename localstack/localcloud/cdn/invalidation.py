"""What an invalidation may name, and what it hits.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html
"""

from collections.abc import Callable, Iterable, Sequence
from urllib.parse import unquote

from localcloud.wire import ApiError

# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-invalidations
MOST_PATHS = 3000
MOST_WILDCARDS = 15
_LONGEST = 4000  # characters


def check(paths: Sequence[str], in_progress: Iterable[Sequence[str]]) -> None:
    """Raise ApiError if CloudFront would not take `paths`; `in_progress` are earlier batches."""
    for path in paths:
        if problem := _problem(path):
            raise ApiError("InvalidArgument", f"Your request contains an invalid path: {problem}")
    if not paths or len(paths) > MOST_PATHS:
        raise ApiError(
            "InvalidArgument" if not paths else "BatchTooLarge",
            f"An invalidation names 1 to {MOST_PATHS} paths, not {len(paths)}.",
            400 if not paths else 413,
        )
    every = [path for batch in (*in_progress, paths) for path in batch]
    wildcards = sum(path.endswith("*") for path in every)
    if len(every) - wildcards > MOST_PATHS or wildcards > MOST_WILDCARDS:
        raise ApiError(
            "TooManyInvalidationsInProgress",
            "You have exceeded the maximum number of allowable InProgress invalidation batch "
            "requests, or invalidation objects.",
        )


def _problem(path: str) -> str:
    if not path.startswith("/"):
        return f"{path!r} does not begin with /"
    if "*" in path[:-1]:
        return f"{path!r} has a * that is not its last character"
    if len(path) > _LONGEST:
        return f"{path[:80]!r}... is longer than {_LONGEST} characters"
    if any(char <= " " or char > "~" for char in path):
        return f"{path!r} is not URL-encoded"
    return ""


def matcher(paths: Sequence[str]) -> Callable[[str], bool]:
    """Return whether an object's path is named by one of `paths`. Case-sensitive."""
    exact = {_plain(path) for path in paths if not path.endswith("*")}
    prefixes = tuple(_plain(path[:-1]) for path in paths if path.endswith("*"))

    def named(path: str) -> bool:
        plain = _plain(path)
        return plain in exact or (bool(prefixes) and plain.startswith(prefixes))

    return named


def _plain(path: str) -> str:
    return unquote(path)
