"""Which paths CloudFront is told to forget. Pure.

Few changes are named one by one: nothing else leaves the edge. Many are collapsed to wildcards,
folder by folder, the deepest first: a path costs the same whether it is one file or a folder,
1,000 a month are free, and a file too many that is forgotten only costs one fetch from S3.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html
"""

from collections import Counter
from collections.abc import Iterable
from urllib.parse import quote

# What may be in progress at once, for all invalidations of a distribution.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
MAX_WILDCARDS = 15
MAX_PATHS = 3000

FEW = 15  # paths that are named one by one
MANY = 100  # paths up to which the top folder's own files are not collapsed to everything

EVERYTHING = "/*"
INDEX = "index.html"

# Unsafe by RFC 1738 and what is not ASCII is encoded, and nothing else. "@" is safe there, but
# refused by CloudFront; "?" would begin a query.
_SAFE = "/$-_.+!*'(),;:=&"


def paths(keys: Iterable[str]) -> tuple[str, ...]:
    """Return the paths to invalidate for these keys, sorted, collapsed to wildcards where it pays.

    `index.html` of a folder also is the folder: `docs/index.html` is `/docs/` too.
    """
    return joined(path for key in keys for path in _paths(key))


def _paths(key: str) -> tuple[str, ...]:
    path = "/" + quote(key, safe=_SAFE).replace("~", "%7E")
    folder, _, name = path.rpartition("/")
    return (f"{folder}/", path) if name == INDEX else (path,)


def joined(*parts: Iterable[str]) -> tuple[str, ...]:
    """Return one list of paths that covers all of `parts`, within CloudFront's limits.

    The parts are paths as `paths` returns them, with wildcards.
    """
    found = _uncovered({path for part in parts for path in part})
    depth = max((_depth(path) for path in found), default=0)
    while depth > 1 and not _fits(found, FEW):
        depth -= 1
        found = _uncovered(_collapsed(found, depth))
    return tuple(sorted(found)) if _fits(found, MANY) else (EVERYTHING,)


def _fits(found: set[str], most: int) -> bool:
    return len(found) <= most and sum(path.endswith("*") for path in found) <= MAX_WILDCARDS


def _depth(path: str) -> int:
    """1 for what is in the top folder, 2 for what is in a folder of it."""
    return path.count("/")


def _collapsed(found: set[str], depth: int) -> set[str]:
    """Replace what is below a folder at `depth` by a wildcard, where that is two paths or more."""
    folders = {path: _folder(path, depth) for path in found}
    count = Counter(folders.values())
    return {
        f"{folder}/*" if folder and count[folder] > 1 else path for path, folder in folders.items()
    }


def _folder(path: str, depth: int) -> str:
    """The folder of `path` whose own files are one deeper than `depth`; "" if it is above that."""
    names = path.split("/")
    return "/".join(names[: depth + 1]) if len(names) > depth + 1 else ""


def _uncovered(found: set[str]) -> set[str]:
    """Leave out what a wildcard among them covers."""
    wildcards = tuple(path[:-1] for path in found if path.endswith("*"))
    if not wildcards:
        return found
    return {path for path in found if not any(_covers(start, path) for start in wildcards)}


def _covers(start: str, path: str) -> bool:
    """Say whether the wildcard `<start>*` covers `path`, and not the other way round.

    A key may end with an asterisk of its own: "/*" and "/**" must not cover one another.
    """
    wider = path.endswith("*") and len(path) <= len(start) + 1
    return path.startswith(start) and not wider
