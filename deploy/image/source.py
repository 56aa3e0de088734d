"""The source tag: an image's name in the registry, made from what goes into its build.

It counts the context's files, the Dockerfile (with the defaults of its ARGs and the *names* of its
base images), the build arguments and the platform. It does not count build secrets, labels, or
what the build fetches from elsewhere: a base image that got new content under its old tag is not
seen, nor is a newer package. `--rebuild` builds anew for those.

ECR's tags are immutable here, so a rebuild gets the suffix `-r1`, `-r2`, ... and of all images
with one source the highest suffix is the one in force: the next plain deploy finds the rebuilt
image and does not flip back.
"""

import hashlib
import json
import re
from collections.abc import Mapping

FORMAT = 1  # raised when the same source must get another tag
DIGITS = 20  # hexadecimal, 80 bits: no accidental twin among a repository's images
MAX_REBUILDS = 99  # with the first build the 100 tags that one BatchGetImage takes

_SUFFIX = re.compile(r"-r(\d+)$")


def source_tag(context: str, dockerfile: bytes, args: Mapping[str, str], platform: str) -> str:
    """Return `src-` and 20 hexadecimal digits.

    `context` is the hash that `deploy.image.context.context_hash` returns; `args` are the build
    arguments in any order.
    """
    parts = {
        "format": FORMAT,
        "context": context,
        "dockerfile": hashlib.sha256(dockerfile).hexdigest(),
        "args": dict(args),
        "platform": platform,
    }
    text = json.dumps(parts, sort_keys=True)
    return f"src-{hashlib.sha256(text.encode()).hexdigest()[:DIGITS]}"


def rebuilt_tag(tag: str, number: int) -> str:
    """Return the tag of rebuild `number` (0 is the first build) of the source tag `tag`."""
    return f"{tag}-r{number}" if number else tag


def rebuild_number(tag: str) -> int:
    """Return which rebuild `tag` names; 0 is the first build."""
    suffix = _SUFFIX.search(tag)
    return int(suffix[1]) if suffix else 0


def tags_of_source(tag: str) -> tuple[str, ...]:
    """Return every tag that an image of the source tag `tag` can have, 100 in all.

    BatchGetImage takes at most 100 at once:
    https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html
    """
    return tuple(rebuilt_tag(tag, number) for number in range(MAX_REBUILDS + 1))
