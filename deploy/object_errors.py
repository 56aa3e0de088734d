"""What to tell about a reply of S3's that is no success, and what to do about it. Pure."""

import re

from deploy.errors import PreflightError, ShipwayError, ToolError
from deploy.refusal import REJECTED, code_of, message_of
from deploy.signed_http import Response

FORBIDDEN, MOVED, MISSING = 403, 301, 404
# S3 compared the body with its hash, and they differ.
CHANGED = {"BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch"}
ELSEWHERE = {"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraint"}


def explain(reply: Response, bucket: str, action: str, key: str) -> ShipwayError:
    """Return the error for a reply to a request that needs `action`, such as s3:PutObject."""
    code = code_of(reply.status, reply.body)
    if code == "NoSuchBucket":
        return PreflightError(
            f"there is no bucket {bucket}", remedy="create it: `invoke infra.apply`"
        )
    if code in CHANGED:
        return changed(key)
    if reply.status == MOVED or code in ELSEWHERE:
        return _elsewhere(reply, bucket)
    if code in REJECTED:
        return PreflightError(
            f"the AWS credentials are not accepted: {code}: {message_of(reply.body)}",
            remedy="renew them (`aws sso login`, or set AWS_PROFILE) and run it again",
        )
    if reply.status == FORBIDDEN:
        return _forbidden(reply, bucket, action, key)
    return ToolError(
        f"S3 did not do {action} on {bucket}/{key}: "
        f"{code or f'status {reply.status}'} {message_of(reply.body)}".rstrip(),
        remedy="run the same command again; it goes on where it ended",
        details=_trace(reply),
    )


def changed(key: str) -> ToolError:
    """Return the error for a file that is no longer what was read when the plan was made."""
    return ToolError(
        f"{key} changed while it was being deployed",
        remedy="let nothing write to the build's output meanwhile, and run it again",
    )


def _forbidden(reply: Response, bucket: str, action: str, key: str) -> ToolError:
    reading = action.startswith("s3:Get")
    hint = " (and s3:ListBucket, without which S3 refuses what is not there)" if reading else ""
    return ToolError(
        f"the credentials may not do {action} on {bucket}/{key}".rstrip("/"),
        remedy=f"allow {action} on this bucket{hint} for the role that deploys",
        details=(*filter(None, [message_of(reply.body)]), *_trace(reply)),
    )


def _elsewhere(reply: Response, bucket: str) -> PreflightError:
    body = reply.body.decode(errors="replace")
    named = re.search(r"<Region>([a-z0-9-]+)</Region>", body)
    region = reply.headers.get("x-amz-bucket-region") or (named[1] if named else "another region")
    return PreflightError(
        f"bucket {bucket} is in {region}, not in the region of this environment",
        remedy="set the environment's region in deploy.toml, or run `invoke infra.apply`",
    )


def _trace(reply: Response) -> tuple[str, ...]:
    """What AWS's support asks for."""
    request = reply.headers.get("x-amz-request-id")
    return (f"request id {request}",) if request else ()
