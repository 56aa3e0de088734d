"""Whether a plain value looks like a secret. Pure.

A key or token that tells what it is, a URL with a password, or under a secret's name a value that
looks random. A word such as "disabled", a path or an ARN is none: it says where, not what.
"""

import math
import re
from collections import Counter

# What GitHub, GitLab, Slack, Stripe and AWS give out begins in ways of their own:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
# https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
KNOWN = {
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a URL with a password": re.compile(r"://[^/\s:@]*:[^/\s@]+@"),
    "a signed token": re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),
    "a token": re.compile(
        r"\b(?:gh[opsur]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{16,}"
        r"|xox[abeprs]-[\w-]{10,}|[sr]k_live_[A-Za-z0-9]{16,})"
    ),
}
SECRET_NAME = re.compile(
    r"(?:^|_)(?:TOKEN|PASSWORD|PASSWD|PWD|SECRET|CREDENTIALS?|(?:API|ACCESS|SECRET|PRIVATE|"
    r"SIGNING|ENCRYPTION)_?KEY)(?:_?ID)?$",
    re.IGNORECASE,
)
ELSEWHERE = re.compile(r"arn:[a-z-]+:[a-z-]+:.*|(?:/[a-z0-9_.-]+){2,}")
RANDOM_LENGTH, RANDOM_BITS = 8, 3.0  # characters, and bits each; English words have less
MIXED_LENGTH = 6  # characters of both letters and digits


def why_secret(name: str, value: str) -> str:
    """Return what makes a variable look like a secret, such as "looks like a private key"; "" if
    nothing does.
    """
    for what, pattern in KNOWN.items():
        if pattern.search(value):
            return f"looks like {what}"
    if SECRET_NAME.search(name) and not ELSEWHERE.fullmatch(value) and looks_random(value):
        return "looks like a secret by its name and its value"
    return ""


def looks_random(value: str) -> bool:
    """Whether a value is more than a word or a number."""
    mixed = re.search(r"\d", value) and re.search(r"[A-Za-z]", value)
    if mixed and len(value) >= MIXED_LENGTH:
        return True
    return len(value) >= RANDOM_LENGTH and bits(value) >= RANDOM_BITS


def bits(value: str) -> float:
    """Return Shannon's entropy of a text's characters, in bits each."""
    counts = Counter(value).values()
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts)
